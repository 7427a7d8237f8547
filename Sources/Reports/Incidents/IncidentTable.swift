import Evidence
import FoundationEssentials
import Journal
import Metrics
import Scenario

/// The table of rehearsed incidents, a row for each run: what was injected, what the platform did, how long each part of
/// it took, and what was found.
package struct IncidentTable: Encodable, Equatable, Sendable {
  /// In the order of the incidents' letters, then of the runs' names.
  package let runs: [Row]

  package init(_ rows: [Row]) {
    runs = rows.sorted { ($0.incidents.joined(), $0.run) < ($1.incidents.joined(), $1.run) }
  }

  /// One run. Of several trials it has the longest times, and the sum of what was lost, in void trials too.
  package struct Row: Encodable, Equatable, Sendable {
    package var run: String
    /// The incidents that its scenario rehearses; empty if it states none.
    package var incidents: [String]
    package var scenario: String
    package var title: String
    /// The faults that became effective, each once: `host.unplug on falco, 90 s`.
    package var injected: [String]
    /// The reactions of managers and storage, each once; empty if none was seen.
    package var reactions: [String]
    package var detected: Span
    /// The longest downtime of the probes that send requests, or of all if there is no other.
    package var down: Span
    /// From the effect until the last service answered again.
    package var back: Span
    /// From the effect until storage had full redundancy.
    package var redundant: Span
    package var lost: Count
    /// The longest time for which a monitoring reported no problem while a service was down.
    package var blind: Span
    /// The platform's own timers, with the observed times.
    package var timers: [Timer]
    /// The titles of the findings that people added to the run; without one, the report's own summary.
    package var findings: [String]
    /// Whether people wrote the findings.
    package var isReviewed: Bool
    /// What other programs found; nil if none observed the run.
    package var oracles: OracleVerdict?
  }

  /// A time that the platform's settings predict.
  package struct Timer: Encodable, Equatable, Sendable {
    package var what: String
    package var predicted: String
    package var observed: String
    /// The settings that predict it.
    package var settings: String
  }
}

extension IncidentTable.Row {
  /// The row of a run, with what people have found in it.
  package init(_ report: Report, _ review: Review) {
    let trials = report.metrics.trials.filter { $0.void == nil }
    func longest(_ spans: [Span], without reason: String) -> Span {
      Span.longest(spans) ?? .notObserved(reason: reason)
    }
    func milestone(_ kind: Milestone.Kind, without reason: String) -> Span {
      longest(trials.flatMap(\.milestones).filter { $0.kind == kind }.map(\.time), without: reason)
    }
    run = report.began.run
    scenario = report.began.scenario.name
    title = report.began.scenario.title
    incidents = report.began.scenario.rehearses
    // A void trial has its faults too, and no other value.
    injected = Self.once(
      report.metrics.trials.flatMap(\.leases).filter { $0.effective != nil }.map { lease in
        "\(lease.fault) on \(lease.host)"
          + (lease.instant == true ? "" : ", \(Figures.limit(lease.duration))")
      })
    reactions = Self.once(trials.flatMap(Self.reactions))
    detected = milestone(.detected, without: "no view showed a failure")
    let asked = trials.flatMap(\.probes).filter { report.began.fleet.probe($0.probe)?.kind != .append }
    down = longest(
      (asked.isEmpty ? trials.flatMap(\.probes) : asked).map(\.downtime), without: "there was no probe")
    back = milestone(.serviceBack, without: "no outage began after the effect")
    redundant = milestone(.fullRedundancy, without: "no copy of the data was missing or outdated")
    // A void trial has no result about the platform, but what it lost is lost.
    let damaged = report.metrics.trials.filter { trial in
      trial.void == nil
        || trial.writes.contains { if case .counted(let count) = $0.damaged { count > 0 } else { false } }
    }
    lost = Self.sum(damaged.flatMap(\.writes).map(\.damaged))
    blind = longest(trials.flatMap { $0.blindness ?? [] }.map(\.blind), without: "there was no monitoring")
    timers = trials.flatMap { $0.budgets ?? [] }.map { budget in
      let row = TimerRow(budget)
      return .init(what: row.what, predicted: row.predicted, observed: row.observed, settings: row.settings)
    }
    let written = review.findings.map(\.title)
    isReviewed = !written.isEmpty
    findings = isReviewed ? written : [Headline(report.began, report.metrics).verdict]
  }

  private static func once(_ words: [String]) -> [String] {
    words.enumerated().filter { !words[..<$0.offset].contains($0.element) }.map(\.element)
  }

  /// What the views and libvirt showed of the platform's reaction.
  private static func reactions(_ trial: TrialMetrics) -> [String] {
    let shown = trial.detections.compactMap { detection in
      detection.shown.map {
        "\(detection.view) showed \(detection.object) as \($0)"
          + (detection.age.map { ", by data of \(Figures.time($0)) before" } ?? "")
      }
    }
    let moved = trial.failOvers.compactMap { move in
      move.to.map { "\(move.vm) ran on \($0) next" + (move.from.map { ", after \($0)" } ?? "") }
    }
    let twice = trial.placements.compactMap { placement -> String? in
      guard let interval = placement.runningTwice.interval, interval.low > .zero else { return nil }
      return "\(placement.vm) ran on two hosts at once for \(Figures.interval(interval))"
    }
    let bricks = trial.storage.compactMap { storage -> String? in
      guard let fewest = storage.fewestBricks, let all = storage.bricks, fewest < all else { return nil }
      return "\(storage.view) had \(fewest) of \(Figures.things(all, "brick")) online"
    }
    return shown + moved + twice + bricks
  }

  private static func sum(_ counts: [Count]) -> Count {
    var sum = 0
    for count in counts {
      guard case .counted(let one) = count else { return count }
      sum += one
    }
    return counts.isEmpty ? .notObserved(reason: "there was no append probe") : .counted(sum)
  }
}

extension IncidentTable {
  /// Keys are sorted; times are whole nanoseconds.
  ///
  /// - Throws: `ReportError.rendering`.
  package func json() throws(ReportError) -> Data {
    try JSONFile.data(self, name: "the table of incidents")
  }

  /// Tables in Markdown: the incidents, the platform's own timers, and the predictions of its scheduler. A dash is a time
  /// that does not apply.
  package var markdown: String {
    var lines = [
      "| incident | injected | what the platform did | detected | down | back | redundant | lost | blind | tcpdump agrees "
        + "| fio agrees | finding |",
      "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs {
      let lost = if case .counted(let count) = run.lost { Figures.grouped(count) } else { "–" }
      lines.append(
        Self.line([
          run.incidents.isEmpty ? "–" : run.incidents.joined(separator: ", "),
          run.injected.isEmpty ? "nothing became effective" : run.injected.joined(separator: "; "),
          run.reactions.isEmpty ? "nothing that was seen" : run.reactions.joined(separator: "; "),
          Figures.short(run.detected), Figures.short(run.down), Figures.short(run.back),
          Figures.short(run.redundant), lost, Figures.short(run.blind), run.oracles?.tcpdump.words ?? "–",
          run.oracles?.fio.words ?? "–", run.findings.joined(separator: "; "),
        ]))
    }
    let timers = runs.flatMap { run in run.timers.map { (run, $0) } }
    if !timers.isEmpty {
      lines += [
        "", "| run | the platform's own timer | predicted | observed | by |", "|---|---|---|---|---|",
      ]
    }
    for (run, timer) in timers {
      lines.append(Self.line([run.scenario, timer.what, timer.predicted, timer.observed, timer.settings]))
    }
    let predictions = runs.flatMap { run in (run.oracles?.pacemaker ?? []).map { (run, $0) } }
    if !predictions.isEmpty {
      lines += [
        "", "| run | if this host fails | predicted by crm_simulate | observed |", "|---|---|---|---|",
      ]
    }
    for (run, prediction) in predictions {
      lines.append(
        Self.line([
          run.scenario, prediction.failed, "\(prediction.vm) \(prediction.predictedWords)",
          "\(prediction.vm) \(prediction.observedWords)",
        ]))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(separator: " | ")
      + " |"
  }
}
