import Journal
import Scenario

/// Whose beliefs a view showed in a trial.
package struct ViewSource: Encodable, Equatable, Sendable {
  package var view: String
  /// The hosts by which the run judged, in turn.
  package var hosts: [String]

  /// nil if no host was asked, or the journal doesn't have it.
  init?(_ view: Fleet.View, in trial: TrialRecord) {
    var hosts: [String] = []
    for entry in trial.journal.entries where entry.at <= trial.end {
      guard case .viewSeen(view.name, _, let host?, isAside: false) = entry.event else { continue }
      // The belief that is known when the trial begins counts.
      if entry.at <= trial.begin { hosts = [] }
      if hosts.last != host { hosts.append(host) }
    }
    if hosts.isEmpty { return nil }
    self.view = view.name
    self.hosts = hosts
  }
}
