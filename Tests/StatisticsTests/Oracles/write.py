#!/usr/bin/env python3
"""Writes scipy.json: what scipy computes for the values that the tests of Statistics compare with.

Needs scipy; tests read the kept file, so they do not.
"""
import json
import pathlib
import random

from scipy import stats

random.seed(20261127)


def values(count):
    """Distinct values, so that nothing ties."""
    return random.sample(range(100_000), count)


rank_sums = []
for _ in range(300):
    base, candidate = values(random.randint(1, 9)), values(random.randint(1, 9))
    if set(base) & set(candidate):
        continue
    result = stats.mannwhitneyu(candidate, base, alternative="less", method="exact")
    rank_sums.append({"base": base, "candidate": candidate, "pairs": result.statistic, "chance": result.pvalue})

trends = []
for _ in range(100):
    series = values(random.randint(2, 12))
    result = stats.kendalltau(range(len(series)), series, method="exact")
    slope = stats.theilslopes(series).slope if len(series) > 1 else 0
    trends.append({"values": series, "chance": result.pvalue, "slope": slope})

proportions = []
for trials in (1, 3, 5, 10, 36, 59):
    for successes in {0, 1, trials // 2, trials - 1, trials}:
        low = stats.beta.ppf(0.05, successes, trials - successes + 1) if successes else 0.0
        high = stats.beta.ppf(0.95, successes + 1, trials - successes) if successes < trials else 1.0
        proportions.append({"successes": successes, "trials": trials, "low": low, "high": high})

path = pathlib.Path(__file__).with_name("scipy.json")
path.write_text(json.dumps({"rankSums": rank_sums, "trends": trends, "proportions": proportions}) + "\n")
