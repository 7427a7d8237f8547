import FoundationEssentials
import Journal
import Metrics
import Scenario
import Views

extension Report {
  /// `report.md`: a short text for a mail. Its tables are aligned for a monospaced font.
  package func markdown() -> Data {
    let scenario = began.scenario
    let headline = Headline(began, metrics)
    var text = "# \(scenario.title.isEmpty ? scenario.name : scenario.title)\n\n"
    text += "\(scenario.name) · \(began.wall) · \(Figures.things(metrics.trials.count, "trial"))"
    text += " · seed \(began.seed)\n\n"
    text += "**\(headline.mark) \(headline.verdict).** \(headline.sentences.joined(separator: " "))\n"
    if !headline.items.isEmpty { text += "\n" + headline.items.map { "- \($0)\n" }.joined() }
    for trial in metrics.trials { text += section(trial) }
    if !metrics.safety.isEmpty {
      text += "\n## Safety\n\n" + Wording.safety(metrics.safety).map { "- \($0)\n" }.joined()
    }
    text += "\n## Run\n\n"
    var rows = [
      ["run", began.run],
      ["verdict", "\(metrics.verdict.outcome.rawValue), exit code \(metrics.verdict.exitCode)"],
    ]
    if let remark = exitCodeRemark { rows.append(["", remark]) }
    rows.append(["metrics", "version \(metrics.version)"])
    rows += began.versions.sorted { $0.key < $1.key }.filter { $0.key != "metrics" }.map {
      [$0.key, $0.value]
    }
    rows += began.digests.sorted { $0.key < $1.key }.map { [$0.key, String($0.value.prefix(16))] }
    return Data((text + Self.table(rows)).utf8)
  }

  private func section(_ trial: TrialMetrics) -> String {
    let level = metrics.trials.count > 1 ? "###" : "##"
    var text = metrics.trials.count > 1 ? "\n## \(Wording.trial(trial))\n" : ""
    if let void = trial.void { text += "\nVoid: \(void).\n" }
    if let aborted = trial.aborted { text += "\nEnded early: \(aborted).\n" }
    if let unrecovered = trial.unrecovered { text += "\nNot recovered: \(unrecovered).\n" }
    func add(_ title: String, _ rows: [[String]]) {
      if !rows.isEmpty { text += "\n\(level) \(title)\n\n" + Self.table(rows) }
    }
    add(
      "Objectives",
      trial.objectives.map { result in
        let measured =
          if case .void(let reason) = result.verdict {
            // The reason for a void trial is written only once.
            reason == trial.void ? "–" : reason
          } else {
            Figures.figure(result.figure) + (result.doubt.map { "; \(Wording.doubt($0))" } ?? "")
          }
        let word = Wording.verdict(result.verdict)
        return [
          result.verdict == .met ? word : word.uppercased(), result.objective.key, measured,
          Figures.demand(result.objective), Wording.used(result) ?? "",
        ]
      })
    let hasManager = began.of(trial: trial.trial).fleet.hasManager
    add(
      "From the fault's effect on",
      trial.milestones.map {
        [Wording.milestone($0.kind, hasManager: hasManager), Figures.span($0.time)]
      })
    add(
      "Outages",
      trial.probes.flatMap { probe in
        probe.outages.map { outage in
          [
            probe.probe, "at \(Figures.time(outage.firstFail - (trial.effective?.estimate ?? trial.begin)))",
            Figures.span(outage.length), outage.statuses.prefix(3).joined(separator: ", "),
          ]
        }
      })
    add(
      ServiceLevel.heading(trial),
      ServiceLevel.all(trial, of: began.scenario).map { [$0.subject, $0.what, $0.value] })
    add("Medians of the parts of requests", RequestPartsRow.all(trial).map(\.words))
    add(
      "Data",
      trial.writes.flatMap { writes in
        WrittenData(writes).rows.map { [writes.probe, $0.what, $0.value] }
      })
    add(
      "Unknown samples",
      trial.probes.compactMap { probe in
        guard probe.unobserved > 0, let share = probe.unknownPerMillion else { return nil }
        return [
          probe.probe, "\(Figures.grouped(probe.unobserved)) of \(Figures.grouped(probe.samples))",
          Figures.percent(perMillion: share),
        ]
      })
    add(
      "The platform's own timers",
      (trial.budgets ?? []).map { budget in
        let row = TimerRow(budget)
        return [row.what, "\(row.predicted) by \(row.settings)", "observed \(row.observed)"]
      })
    add("Views and the truth", WrongBelief.all(trial).map { [$0.view, $0.what, $0.length] })
    add(
      "Hosts whose beliefs the run used",
      (trial.sources ?? []).map { [$0.view, $0.hosts.joined(separator: ", then ")] })
    add(
      "Hosts that contradicted each other",
      (trial.disagreements ?? []).flatMap { disagreement in
        let at = Figures.time(disagreement.begin - (trial.effective?.estimate ?? trial.begin))
        let head = [disagreement.view, "at \(at)", Figures.time(disagreement.length)]
        return disagreement.sides.enumerated().map { index, side in
          (index == 0 ? head : ["", "", ""]) + ["\(side)"]
        }
      })
    add(
      "Faults",
      trial.leases.map { lease in
        [
          lease.fault, lease.host, lease.object, "effect after \(Figures.short(lease.timeToEffect))",
          "active \(Wording.held(lease))", Wording.end(of: lease) ?? "REVERT NOT OBSERVED",
        ]
      })
    if trial.leases.contains(where: { $0.shortfall != nil }) {
      text += "\n\(Wording.shorterFault(began.scenario))\n"
    }
    add("Steps that did not happen", trial.stepsNotDone.map { [$0.step, $0.reason] })
    add("Residue", HostChange.counted(trial.residue).map { [$0.host, $0.text] })
    add("Changed by something else meanwhile", HostChange.byOthers(trial.residue).map { [$0.host, $0.text] })
    return text
  }

  /// Rows as an indented block, each column as wide as its widest cell.
  private static func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = "   "
      for (column, cell) in row.enumerated() {
        let pad = column == row.count - 1 ? 0 : widths[column] - cell.count
        line += " " + cell.filter { !$0.isNewline } + String(repeating: " ", count: pad + 1)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
