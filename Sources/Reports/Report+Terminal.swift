import Metrics

extension Report {
  /// The last lines of a run on a terminal: what was left behind on the hosts, and what others changed; empty where
  /// every host is as it was.
  public var residueLines: [String] {
    func lines(_ head: String, _ changes: (Residue) -> [HostChange]) -> [String] {
      let found = metrics.trials.flatMap { trial in
        changes(trial.residue).map { change in
          "  " + (metrics.trials.count > 1 ? "trial \(trial.trial), " : "") + "\(change.host): \(change.text)"
        }
      }
      return found.isEmpty ? [] : [head] + found
    }
    return lines("not as before:", HostChange.counted)
      + lines("changed by others meanwhile, and not counted:", HostChange.byOthers)
  }
}
