import Journal
import Scenario

/// The hosts whose beliefs a view showed in a trial.
package struct ViewSource: Encodable, Equatable, Sendable {
  package var view: String
  /// The hosts whose beliefs the run used, in order.
  package var hosts: [String]

  /// nil if no host was queried, or if the journal doesn't have the hosts.
  init?(_ view: Fleet.View, in trial: TrialRecord) {
    var hosts: [String] = []
    for entry in trial.known where entry.at <= trial.end {
      guard case .viewSeen(view.name, _, let host?, isAside: false) = entry.event else { continue }
      // The belief at the start of the trial counts too.
      if entry.at <= trial.begin { hosts = [] }
      if hosts.last != host { hosts.append(host) }
    }
    if hosts.isEmpty { return nil }
    self.view = view.name
    self.hosts = hosts
  }
}
