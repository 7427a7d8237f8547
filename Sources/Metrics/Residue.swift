import Journal
import Scenario

/// The residue on the hosts after a trial.
package struct Residue: Encodable, Equatable, Sendable {
  /// The hosts whose state was compared, in the fleet's order.
  package var hosts: [Host]
  /// Hosts that were surveyed but whose state was never compared.
  package var unaudited: [String]

  package struct Host: Encodable, Equatable, Sendable {
    package var host: String
    /// Differences that are certainly or perhaps residue, a line each.
    package var left: [StateDifference]
    /// Differences that something else caused, a line each. They are not residue.
    package var byOthers: [StateDifference]
    /// The parts that could not be compared, with the reason, a line each.
    package var uncompared: [String]

    private enum CodingKeys: String, CodingKey {
      case host, left, uncompared
      case byOthers = "by-others"
    }
  }

  /// The number of differences that are residue. It is only zero if every host was completely compared.
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

  /// The number of differences that something else caused.
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
      trial.known.compactMap { entry -> String? in
        if case .hostSurveyed(let survey) = entry.event { return survey.host }
        return nil
      })
    let order = trial.began.fleet.hosts.map(\.name)
    hosts = order.compactMap { found[$0] }
    unaudited = order.filter { surveyed.contains($0) && found[$0] == nil }
  }
}
