import Journal
import Scenario

/// What was left behind on the hosts after a trial.
public struct Residue: Encodable, Equatable, Sendable {
  /// The differences, host by host, in the fleet's order; an empty list is a host as it was before.
  public var hosts: [Host]
  /// Hosts that were surveyed and whose state was never compared.
  public var unaudited: [String]

  /// One host's differences.
  public struct Host: Encodable, Equatable, Sendable {
    /// The host.
    public var host: String
    /// Its differences, a line each.
    public var differences: [String]
  }

  /// How many differences there are. Without every host's comparison, nought can't be told.
  public var count: Count {
    let found = hosts.reduce(0) { $0 + $1.differences.count }
    if found > 0 { return .counted(found) }
    if hosts.isEmpty { return .notObserved(reason: "no host was compared with its state before") }
    if !unaudited.isEmpty {
      return .notObserved(reason: "\(unaudited.joined(separator: ", ")) not compared with the state before")
    }
    return .counted(0)
  }

  init(in trial: TrialRecord) {
    var found: [String: [String]] = [:]
    for entry in trial.entries {
      if case .residueAudited(let host, let differences) = entry.event { found[host] = differences }
    }
    let surveyed = Set(
      trial.journal.entries.compactMap { entry -> String? in
        if case .hostSurveyed(let survey) = entry.event { return survey.host }
        return nil
      })
    let order = trial.began.fleet.hosts.map(\.name)
    hosts = order.compactMap { name in found[name].map { Host(host: name, differences: $0) } }
    unaudited = order.filter { surveyed.contains($0) && found[$0] == nil }
  }
}
