import Journal
import Scenario

/// A difference between the conditions of two groups of runs that could explain a difference of their values.
package struct Difference: Equatable, Sendable {
  /// `fleet`, `scenario.timeline`, or a fingerprint's key: `kernel`, `gluster.vms.network.ping-timeout`.
  package var key: String
  /// The values on each side. Empty for a part that is compared by its digest.
  package var base: [String]
  package var candidate: [String]
  /// Whether it is the factor that the comparison tests.
  package var isDeclared: Bool

  /// All differences, sorted by key.
  ///
  /// - Parameter factors: keys, or ends of keys after a dot: `ping-timeout` is `gluster.vms.network.ping-timeout`.
  package static func all(_ base: [Conditions], _ candidate: [Conditions], factors: [String] = [])
    -> [Difference]
  {
    var found: [Difference] = []
    func add(_ key: String, _ left: Set<String>, _ right: Set<String>) {
      found.append(
        Difference(
          key: key, base: left.sorted(), candidate: right.sorted(),
          isDeclared: factors.contains { key == $0 || key.hasSuffix("." + $0) || key.hasPrefix($0 + ".") }))
    }
    let all = base + candidate
    func differ(_ value: (Conditions) -> String?) -> Bool { Set(all.map(value)).count > 1 }
    for key in Set(all.flatMap(\.scenario.keys)) where differ({ $0.scenario[key] }) {
      add("scenario.\(key)", [], [])
    }
    for key in Set(all.flatMap(\.digests.keys)) where differ({ $0.digests[key] }) { add(key, [], []) }
    // Hosts are compared by name, so two hosts that swap their kernels are a difference.
    let hosts = Set(all.flatMap(\.fingerprints.keys)).sorted()
    for key in Set(all.flatMap { $0.fingerprints.values.flatMap(\.keys) }) {
      func values(_ side: [Conditions], _ host: String) -> Set<String> {
        Set(side.map { $0.fingerprints[host]?[key] ?? "none" })
      }
      let differing = hosts.filter { host in differ { $0.fingerprints[host]?[key] } }
      if differing.isEmpty { continue }
      add(
        key, differing.reduce(into: []) { $0.formUnion(values(base, $1)) },
        differing.reduce(into: []) { $0.formUnion(values(candidate, $1)) })
    }
    return found.sorted { $0.key < $1.key }
  }

  /// The differences between the sides of one run. What differs within a side is one, too.
  static func all(_ run: AlternatedRun) -> [Difference] {
    let factor = run.alternation.factor
    let found = all(
      run.base.runs.flatMap(\.conditions), run.candidate.runs.flatMap(\.conditions), factors: [factor])
    return found.map { difference in
      var difference = difference
      switch run.alternation.kind {
      // Two fleets are two platforms, so everything about them is the factor.
      case .fleet: difference.isDeclared = !difference.key.hasPrefix("scenario.")
      // A parameter is of a step, or of another part of the scenario.
      case .parameter:
        let part = factor.split(separator: ".").first.map(String.init) ?? ""
        let isStep = run.base.runs[0].scenario.timeline.contains { $0.name == part }
        difference.isDeclared = difference.key == "scenario.\(isStep ? "timeline" : part)"
      case .setup: break
      }
      return difference
    }
  }
}
