import Journal
import Scenario

/// What was left behind on the hosts after a trial.
package struct Residue: Encodable, Equatable, Sendable {
  /// The hosts that were compared with their state before, in the fleet's order.
  package var hosts: [Host]
  /// Hosts that were surveyed and whose state was never compared.
  package var unaudited: [String]

  /// One host's comparison.
  package struct Host: Encodable, Equatable, Sendable {
    /// The host.
    package var host: String
    /// What is left behind, or perhaps is, a line each.
    package var left: [StateDifference]
    /// What somebody else changed meanwhile, a line each: no residue.
    package var byOthers: [StateDifference]
    /// What could not be compared, and why, a line each.
    package var uncompared: [String]

    private enum CodingKeys: String, CodingKey {
      case host, left, uncompared
      case byOthers = "by-others"
    }
  }

  /// How many differences are left behind. Without the whole comparison of every host, nought can't be told.
  package var count: Count {
    let found = hosts.reduce(0) { $0 + $1.left.count }
    if found > 0 { return .counted(found) }
    if hosts.isEmpty { return .notObserved(reason: "no host was compared with its state before") }
    let reasons =
      hosts.compactMap { host in host.uncompared.first.map { "\(host.host): \($0)" } }
      + (unaudited.isEmpty
        ? [] : ["\(unaudited.joined(separator: ", ")) not compared with the state before"])
    return reasons.isEmpty ? .counted(0) : .notObserved(reason: reasons.joined(separator: "; "))
  }

  /// How many differences somebody else made.
  package var othersCount: Int { hosts.reduce(0) { $0 + $1.byOthers.count } }

  init(in trial: TrialRecord) {
    var found: [String: Host] = [:]
    for entry in trial.entries {
      if case .residueAudited(let host, let differences, let uncompared) = entry.event {
        found[host] = Host(
          host: host, left: differences.filter(\.counts), byOthers: differences.filter { !$0.counts },
          uncompared: uncompared)
      }
    }
    let surveyed = Set(
      trial.journal.entries.compactMap { entry -> String? in
        if case .hostSurveyed(let survey) = entry.event { return survey.host }
        return nil
      })
    let order = trial.began.fleet.hosts.map(\.name)
    hosts = order.compactMap { found[$0] }
    unaudited = order.filter { surveyed.contains($0) && found[$0] == nil }
  }
}
