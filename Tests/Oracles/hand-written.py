#!/usr/bin/env python3
"""Writes a run's folder by hand: events.jsonl as JSON lines, and samples.csv. It shares no code with Murphy.

hand-written.py FOLDER TRIAL...

A trial is one word:
  12.5      the website is down for this number of seconds from the fault on
  0         it is never down
  never     it is down until observation ends, 60 s after the fault
  ended:6   a guard ends the trial after this number of seconds of downtime; further trials are not made
  void      the fault never became effective
  lost:12.5 as 12.5, and acknowledged writes are lost
The run's name is that of its folder.
"""
import json
import os
import sys

SECOND = 1_000_000_000
TICK = SECOND // 10
STEADY, FAULT, OBSERVED = 5 * SECOND, 10 * SECOND, 60 * SECOND


def beginning(name, trials):
    host = {"name": "falco", "ssh": "root@falco", "links": {}}
    probes = [
        {"name": "website", "kind": "http", "target": "http://10.0.0.1/", "every": TICK, "timeout": SECOND},
        {"name": "writes", "kind": "append", "target": "tcp://10.0.0.1:7000", "every": TICK, "timeout": SECOND},
    ]
    step = {
        "name": "unplug", "fault": "host.unplug", "duration": FAULT, "parameters": {},
        "target": {"host": {"_0": {"named": {"_0": "falco"}}}}, "trigger": {"at": {"_0": 0}},
    }
    scenario = {
        "name": "hand-written", "title": "Written by a script", "rehearses": [], "beyondQuorum": False,
        "steady": {"duration": STEADY, "probes": ["website", "writes"], "views": []},
        "timeline": [step], "guards": [], "trials": trials,
        "recovery": {"cap": 1800 * SECOND, "noProgress": 300 * SECOND, "stable": 10 * SECOND},
        "objectives": [
            {"subject": "website", "metric": "downtime", "relation": "max", "limit": 60 * SECOND},
            {"subject": "writes", "metric": "lost", "relation": "max", "limit": 0},
        ],
    }
    fleet = {
        "name": "hand-written", "hosts": [host], "networks": [], "vms": [], "quorum": 1, "probes": probes, "views": [],
    }
    return {
        "run": name, "wall": "2026-11-23T06:30:00Z", "seed": 1, "scenario": scenario, "fleet": fleet,
        "digests": {"scenario": "s", "fleet": "f", "probes": "p"}, "versions": {"murphy": "none"},
    }


def trial(number, word, begin):
    """The entries and the samples of a trial that begins at this time."""
    entries, samples = [], []

    def add(at, event, **fields):
        entries.append({"at": begin + at, "trial": number, "event": event, **fields})

    kind, _, text = word.rpartition(":")
    ended = kind == "ended"
    lost = kind == "lost"
    down = OBSERVED if text == "never" else 0 if text == "void" else round(float(text) * SECOND)
    end = STEADY + (down if ended else OBSERVED)
    lease = f"unplug-falco-{number}"
    add(0, "phase.began", phase="steady")
    add(STEADY, "baseline", reasons=[])
    add(STEADY, "phase.began", phase="faults")
    add(STEADY, "step.chosen", value={"step": "unplug", "hosts": ["falco"], "vms": [], "how": "named"})
    add(STEADY, "lease.requested", value={
        "lease": lease, "step": "unplug", "host": "falco", "fault": "host.unplug", "object": "eth0",
        "duration": FAULT, "cutsControlPath": False})
    over = min(STEADY + FAULT, end)
    if text == "void":
        add(STEADY, "lease.failed", lease=lease, message="no such link")
    else:
        add(STEADY, "lease.effective", value={
            "lease": lease, "at": begin + STEADY, "uncertainty": 0, "took": 1_000_000, "evidence": "carrier 0"})
        add(over, "lease.reverted", value={
            "lease": lease, "at": begin + over, "uncertainty": 0, "cause": "deadline", "lastActive": begin + over})
    if ended:
        add(end, "guard.tripped", condition="website down > 5s")
        add(end, "run.aborted", reason="a guard tripped")
    else:
        add(over, "phase.began", phase="recovery")
        add(end, "recovery.ended", outcome="cap" if text == "never" else "stable")
        add(end, "phase.began", phase="audit")
        add(end, "residue.audited", host="falco", differences=[])
        found = {"present": [[1, 600 if lost else 650]], "missing": [], "older": [], "bypassed": [], "torn": [],
                 "tornUnplaced": 0}
        add(end, "writes.audited", value={
            "probe": "writes", "reads": [{"place": {"kind": "service"}, "found": found}]})
    for tick in range(end // TICK):
        due = begin + tick * TICK
        for probe in ["website", "writes"]:
            fails = probe == "website" and STEADY <= tick * TICK < STEADY + down
            verdict, status = ("fail", "refused") if fails else ("ok", "200" if probe == "website" else "ok")
            samples.append(f"{number},{probe},{tick + 1},{due},{due},{due + 1_000_000},{verdict},{status},")
    return entries, samples


def main(folder, words):
    name = os.path.basename(os.path.normpath(folder))
    fingerprint = {"kernel": "6.1", "gluster.vms.network.ping-timeout": "42"}
    entries = [
        {"at": 0, "trial": 0, "event": "run.began", "format": 6, "value": beginning(name, len(words))},
        {"at": 0, "trial": 0, "event": "host.surveyed", "value": {
            "host": "falco", "fingerprint": fingerprint, "running": [], "clockOffset": 0, "clockUncertainty": 0}},
    ]
    samples = ["trial,probe,sequence,scheduled,sent,completed,verdict,status,boot"]
    for index, word in enumerate(words):
        made = trial(index + 1, word, index * 100 * SECOND)
        entries += made[0]
        samples += made[1]
        if word.startswith("ended:"):
            break
    aborted = words[-1].startswith("ended:")
    entries.append({
        "at": entries[-1]["at"] + SECOND, "trial": 0, "event": "run.ended", "exit-code": 4 if aborted else 0})
    os.makedirs(folder)
    with open(f"{folder}/events.jsonl", "w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    with open(f"{folder}/samples.csv", "w") as file:
        file.writelines(line + "\n" for line in samples)


if len(sys.argv) < 3:
    sys.exit(__doc__)
main(sys.argv[1], sys.argv[2:])
