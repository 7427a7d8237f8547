import Metrics

extension Report {
  /// The last lines of a run on a terminal: the verdict with the exit code, its reasons, the residue on the hosts, and
  /// the changes that something else made.
  package var terminalLines: [String] {
    let headline = Headline(began, metrics)
    let code = metrics.verdict.exitCode
    let verdict = "\(headline.mark) \(headline.verdict)" + (code == 0 ? "" : " (exit code \(code))")
    return [verdict] + headline.items.map { "  - \($0)" } + headline.sentences.map { "  \($0)" } + stateLines
  }

  /// The differences on the hosts; empty if there are none.
  private var stateLines: [String] {
    func lines(_ head: String, _ changes: (Residue) -> [HostChange]) -> [String] {
      let found = metrics.trials.flatMap { trial in
        changes(trial.residue).map { change in
          "  " + (metrics.trials.count > 1 ? "trial \(trial.trial), " : "") + "\(change.host): \(change.text)"
        }
      }
      return found.isEmpty ? [] : [head] + found
    }
    // A refused run has no comparison.
    if metrics.verdict.reasons.contains(where: { $0.outcome == .refused }) { return [] }
    return lines("different from before:", HostChange.counted)
      + lines("changed by something else meanwhile, not counted:", HostChange.byOthers)
  }
}
