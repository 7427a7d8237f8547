import Metrics

extension Report {
  /// The last lines of a run on a terminal: its verdict with the exit code, what it rests on, what remains on the hosts,
  /// and what others changed.
  package var terminalLines: [String] {
    let headline = Headline(began, metrics)
    let code = metrics.verdict.exitCode
    let verdict = "\(headline.mark) \(headline.verdict)" + (code == 0 ? "" : " (exit code \(code))")
    return [verdict] + headline.items.map { "  - \($0)" } + headline.sentences.map { "  \($0)" } + stateLines
  }

  /// What differs on the hosts from before; empty where every host is as it was.
  private var stateLines: [String] {
    func lines(_ head: String, _ changes: (Residue) -> [HostChange]) -> [String] {
      let found = metrics.trials.flatMap { trial in
        changes(trial.residue).map { change in
          "  " + (metrics.trials.count > 1 ? "trial \(trial.trial), " : "") + "\(change.host): \(change.text)"
        }
      }
      return found.isEmpty ? [] : [head] + found
    }
    // A refused run has compared nothing.
    if metrics.verdict.reasons.contains(where: { $0.outcome == .refused }) { return [] }
    return lines("not as before:", HostChange.counted)
      + lines("changed by others meanwhile, and not counted:", HostChange.byOthers)
  }
}
