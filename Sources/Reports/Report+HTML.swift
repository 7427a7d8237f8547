import FoundationEssentials
import Journal
import Metrics
import Mustache
import Scenario
import Views

extension Report {
  /// `report.html`: one file with everything about the run.
  ///
  /// - Throws: `ReportError.rendering`.
  package func html() throws(ReportError) -> Data {
    do {
      return Data(try MustacheTemplate(string: HTMLTemplate.page).render(page).utf8)
    } catch {
      throw .rendering(file: "report.html", reason: "\(error)")
    }
  }

  private var page: Page {
    let headline = Headline(began, metrics)
    let scenario = began.scenario
    let surveys = self.surveys
    let keys = Set(surveys.flatMap(\.fingerprint.keys)).sorted()
    var environment = keys.map { key in
      let values = surveys.map { $0.fingerprint[key] ?? "–" }
      return Page.Environment(key: key, values: values, differs: Set(values).count > 1)
    }
    let anyDiffers = environment.contains(where: \.differs)
    if !surveys.isEmpty {
      environment.append(
        Page.Environment(
          key: "clock against the controller’s",
          values: surveys.map { "\(Figures.time($0.clockOffset)) ± \(Figures.time($0.clockUncertainty))" },
          differs: false))
    }
    let several = metrics.trials.count > 1
    let judged = metrics.trials.filter { $0.void == nil }
    let lost = LostTime(judged, began)
    return Page(
      title: scenario.title.isEmpty ? scenario.name : scenario.title, scenario: scenario.name,
      wall: began.wall,
      trialCount: Figures.things(metrics.trials.count, "trial"), seed: String(began.seed),
      mark: headline.mark, verdict: headline.verdict, tone: headline.tone.rawValue,
      hasItems: !headline.items.isEmpty, items: headline.items,
      sentences: headline.sentences.map(Wording.unbroken), lostWide: lost?.wide, lostNarrow: lost?.narrow,
      lostParts: lost?.parts.map(Wording.unbroken), certainty: certainty(judged.count),
      hasOverview: several, overviewWide: several ? TrialsPicture(metrics, began, .wide).svg() : "",
      overviewNarrow: several ? TrialsPicture(metrics, began, .narrow).svg() : "",
      hasSummaries: several && !metrics.objectives.isEmpty,
      summaries: metrics.objectives.map { Page.Summary($0, trials: metrics.trials.count) },
      trials: metrics.trials.map { trial($0, several: several) }, hasSafety: !metrics.safety.isEmpty,
      safetyLines: Wording.safety(metrics.safety), hosts: surveys.map(\.host),
      hasEnvironment: !surveys.isEmpty, environment: environment,
      anyDiffers: anyDiffers, plan: plan, identity: identity)
  }

  /// The facts that the verdict doesn't contain.
  private func certainty(_ judged: Int) -> String {
    (judged == 1 ? "1 trial shows what can happen, not how often. " : "")
      + "Not stated in this report: an earlier run, open findings, a signature."
  }

  private var plan: [Page.Entry] {
    let scenario = began.scenario
    let recovery = scenario.recovery
    var plan = [
      Page.Entry(name: "name", lines: [scenario.name]),
      Page.Entry(
        name: "steady",
        lines: [
          "for \(scenario.steady.duration)",
          "probes " + scenario.steady.probes.joined(separator: ", "),
          "views " + scenario.steady.views.joined(separator: ", "),
        ].filter { !$0.hasSuffix(" ") }),
      Page.Entry(name: "timeline", lines: scenario.timeline.map { "\($0.name), \(Wording.step($0))" }),
      Page.Entry(
        name: "recovery",
        lines: [
          "stable for \(recovery.stable); the wait ends after \(recovery.noProgress) without progress, at the latest after \(recovery.cap)"
        ]),
      Page.Entry(
        name: "objectives", lines: scenario.objectives.map { "\($0.key): \(Figures.demand($0))" }),
      Page.Entry(name: "services", lines: (scenario.services ?? []).map(Wording.service)),
      Page.Entry(name: "guards", lines: scenario.guards.map { "abort when \($0.when)" }),
      Page.Entry(name: "rehearses", lines: scenario.rehearses),
    ]
    if scenario.shorterFault == .counts {
      plan.append(
        Page.Entry(
          name: "shorter fault", lines: ["accepted if a fault was active for less than its planned time"]))
    }
    if scenario.beyondQuorum {
      plan.append(Page.Entry(name: "beyond quorum", lines: ["may take down more hosts than quorum allows"]))
    }
    let probes = scenario.steady.probes.compactMap { began.fleet.probe($0) }
    plan.append(
      Page.Entry(
        name: "probes",
        lines: probes.map {
          "\($0.name): \($0.kind.rawValue) \($0.target) every \($0.every), timeout \($0.timeout)"
        }))
    return plan.filter { !$0.lines.isEmpty }
  }

  private var identity: [Page.Entry] {
    var entries = [
      Page.Entry(name: "run", lines: [began.run]), Page.Entry(name: "fleet", lines: [began.fleet.name]),
      Page.Entry(
        name: "verdict",
        lines: ["\(metrics.verdict.outcome.rawValue), exit code \(metrics.verdict.exitCode)"]
          + (exitCodeRemark.map { [$0] } ?? [])),
      Page.Entry(name: "metrics", lines: ["version \(metrics.version)"]),
    ]
    let versions = began.versions.sorted { $0.key < $1.key }.filter { $0.key != "metrics" }
    entries += versions.map { Page.Entry(name: $0.key, lines: [$0.value]) }
    entries += began.digests.sorted { $0.key < $1.key }.map {
      Page.Entry(name: "SHA-256 of \($0.key)", lines: [$0.value])
    }
    return entries
  }

  private func trial(_ trial: TrialMetrics, several: Bool) -> Page.Trial {
    let origin = trial.effective?.estimate ?? trial.begin
    func at(_ time: Nanoseconds) -> String { Figures.time(time - origin) }
    func moment(_ begin: Nanoseconds, to end: Nanoseconds? = nil) -> String {
      Moment.text(begin - origin) + (end.map { ".." + Moment.text($0 - origin) } ?? "")
    }
    // For a single trial this is part of the headline.
    let notices = [
      several ? trial.void.map { "This trial is void: \($0)." } : nil,
      several ? trial.aborted.map { "This trial was ended early: \($0)." } : nil,
      trial.baseline.isEmpty || !several
        ? nil : "The baseline was not healthy: \(trial.baseline.joined(separator: "; ")).",
    ].compactMap { $0 }
    let wide = picture(of: trial, .wide).svg()
    let way = RecoveryWay(trial, hasManager: began.of(trial: trial.trial).fleet.hasManager)
    let wrongBeliefs = WrongBelief.all(trial)
    let levels = ServiceLevel.all(trial, of: began.scenario)
    let requestParts = RequestPartsRow.all(trial)
    let residue = HostChange.counted(trial.residue).map {
      Page.Residue($0, tone: $0.change == nil && $0.by != "" ? .open : .bad)
    }
    let others = HostChange.byOthers(trial.residue).map { Page.Residue($0, tone: .open) }
    return Page.Trial(
      heading: several ? Wording.trial(trial) : nil,
      notice: notices.isEmpty ? nil : notices.joined(separator: " "),
      wide: wide,
      narrow: picture(of: trial, .narrow).svg(),
      legend: Legend.entries(trial, began, entries(of: trial), wide),
      hasObjectives: !trial.objectives.isEmpty,
      objectives: trial.objectives.map { Page.Objective($0, in: trial) }, hasWay: !way.parts.isEmpty,
      wayWide: way.svg(.wide), wayNarrow: way.svg(.narrow), parts: way.parts,
      outcome: Wording.recovery(trial), hasTimers: trial.budgets != nil,
      timers: (trial.budgets ?? []).map(TimerRow.init), hasLevels: !levels.isEmpty,
      levelsHeading: ServiceLevel.heading(trial), levels: levels,
      outages: trial.probes.flatMap { probe in
        probe.outages.map { outage in
          Page.Outage(
            probe: probe.probe, at: at(outage.firstFail),
            moment: moment(outage.firstFail, to: outage.firstOk ?? trial.end),
            length: Figures.span(outage.length),
            failed: Figures.grouped(outage.failed),
            statuses: outage.statuses.prefix(3).joined(separator: ", "))
        }
      },
      requests: trial.probes.map { probe in
        Page.Requests(
          probe: probe.probe, ok: Figures.grouped(probe.ok), failed: Figures.grouped(probe.failed),
          unknown: Figures.grouped(probe.unknown), unsent: Figures.grouped(probe.unsent),
          unknownShare: probe.unknownPerMillion.map { Figures.percent(perMillion: $0) } ?? "–",
          ratio: probe.failedPerMillion.map { Figures.percent(perMillion: $0) } ?? "–")
      },
      latencies: trial.probes.flatMap { probe in
        probe.latency.map { latency in
          Page.Latency(
            probe: probe.probe, phase: latency.phase.rawValue, p50: latency.p50.map(Figures.time) ?? "–",
            p99: latency.p99.map(Figures.time) ?? "–", max: latency.max.map(Figures.time) ?? "–",
            answered: Figures.grouped(latency.answered))
        }
      },
      hasRequestParts: !requestParts.isEmpty, requestParts: requestParts, safety: safety(trial),
      hasWrongBeliefs: !wrongBeliefs.isEmpty, wrongBeliefs: wrongBeliefs,
      hasDisagreements: trial.disagreements != nil,
      disagreements: (trial.disagreements ?? []).map {
        Page.Disagreement($0, at: at($0.begin), moment: moment($0.begin, to: $0.begin + $0.length))
      },
      leases: trial.leases.map { lease in
        Page.Lease(
          fault: lease.fault, host: lease.host, object: lease.object,
          evidence: lease.failure.map { "failed: \($0)" } ?? lease.evidence, requested: at(lease.requested),
          effective: Figures.span(lease.timeToEffect), took: lease.took.map(Figures.time) ?? "–",
          held: Wording.held(lease), reverted: lease.reverted.map { at($0.estimate) } ?? "never",
          by: lease.ended == nil && lease.instant != true
            ? lease.revertedBy.map(Wording.cause) ?? "–" : Wording.end(of: lease) ?? "–",
          late: Figures.short(lease.lateBy))
      },
      shorterFault: Wording.shorterFault(began.scenario),
      choices: trial.choices.map { choice in
        let targets = (choice.vms.isEmpty ? choice.hosts : choice.vms).joined(separator: ", ")
        return "\(choice.step) hit \(targets): \(choice.how)."
      }, missing: trial.stepsNotDone.map { Page.Missing(step: $0.step, reason: $0.reason) },
      hasResidue: !residue.isEmpty, residue: residue, hasOthers: !others.isEmpty, others: others)
  }

  private func picture(of trial: TrialMetrics, _ layout: Picture.Layout) -> Picture {
    Picture(
      trial, began: began.of(trial: trial.trial), entries: entries(of: trial), trace: traces[trial.trial],
      layout: layout)
  }

  private func safety(_ trial: TrialMetrics) -> [Page.Safety] {
    func promise(_ kind: Safety.Kind, _ subject: String?, _ what: String, _ value: String) -> Page.Safety {
      let result = trial.safety.first { $0.kind == kind && $0.subject == subject }
      return switch result?.outcome {
      case .broken: Page.Safety(what: what, value: "▲ \(value)", tone: Headline.Tone.damage.rawValue)
      case .unknown(let reason):
        Page.Safety(what: what, value: "? not known: \(reason)", tone: Headline.Tone.unsure.rawValue)
      case .kept, nil: Page.Safety(what: what, value: value, tone: "")
      }
    }
    var lines: [Page.Safety] = []
    for write in trial.writes {
      for row in WrittenData(write).rows {
        let what = "\(write.probe): \(row.what)"
        lines.append(
          row.promise.map { promise($0, write.probe, what, row.value) }
            ?? Page.Safety(what: what, value: row.value, tone: ""))
      }
    }
    for result in trial.safety where result.kind == .splitBrain {
      let view = result.subject ?? ""
      lines.append(
        promise(.splitBrain, view, "\(view): most entries in split-brain", Figures.figure(result.figure)))
    }
    for placement in trial.placements {
      let value =
        placement.runningTwice == .measured(.zero) ? "never" : Figures.span(placement.runningTwice)
      lines.append(
        promise(.runningTwice, placement.vm, "\(placement.vm): on two hosts at once", value))
    }
    lines.append(promise(.residue, nil, "residue on the hosts", Figures.count(trial.residue.count)))
    if trial.residue.othersCount > 0 {
      lines.append(
        Page.Safety(
          what: "changed by something else meanwhile", value: Figures.grouped(trial.residue.othersCount),
          tone: ""))
    }
    return lines
  }
}
