import Journal
import Scenario

/// A difference between the runs of two sides that could explain a difference of their values.
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
  static func all(_ base: ComparedSide, _ candidate: ComparedSide, factors: [String]) -> [Difference] {
    var found: [Difference] = []
    func add(_ key: String, _ left: Set<String>, _ right: Set<String>) {
      found.append(
        Difference(
          key: key, base: left.sorted(), candidate: right.sorted(),
          isDeclared: factors.contains { key == $0 || key.hasSuffix("." + $0) || key.hasPrefix($0 + ".") }))
    }
    let runs = base.runs + candidate.runs
    for (key, part) in Self.parts where !runs.allSatisfy({ part($0.scenario, runs[0].scenario) }) {
      add("scenario.\(key)", [], [])
    }
    for key in ["fleet", "probes"] where Set(runs.map { $0.digests[key] }).count > 1 { add(key, [], []) }
    // Hosts are compared by name, so two hosts that swap their kernels are a difference.
    let hosts = Set(runs.flatMap(\.fingerprints.keys)).sorted()
    let keys = Set(runs.flatMap { $0.fingerprints.values.flatMap(\.keys) }).sorted()
    for key in keys {
      func values(_ runs: [ComparedRun], _ host: String) -> Set<String> {
        runs.reduce(into: []) { $0.formUnion($1.fingerprints[host]?[key] ?? ["none"]) }
      }
      let differing = hosts.filter { values(runs, $0).count > 1 }
      if differing.isEmpty { continue }
      add(
        key, differing.reduce(into: []) { $0.formUnion(values(base.runs, $1)) },
        differing.reduce(into: []) { $0.formUnion(values(candidate.runs, $1)) })
    }
    return found.sorted { $0.key < $1.key }
  }

  /// The differences between the sides of one run. What differs within a side is one, too.
  static func all(_ run: AlternatedRun) -> [Difference] {
    let factor = run.alternation.factor
    let found = all(run.base, run.candidate, factors: [factor])
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

  /// The parts of a scenario that determine the meaning of its values. The number of trials is not one of them.
  private static let parts: [(String, @Sendable (Scenario, Scenario) -> Bool)] = [
    ("name", { $0.name == $1.name }), ("steady", { $0.steady == $1.steady }),
    ("timeline", { $0.timeline == $1.timeline }), ("recovery", { $0.recovery == $1.recovery }),
    ("objectives", { $0.objectives == $1.objectives }), ("guards", { $0.guards == $1.guards }),
    ("shorter-fault", { $0.shorterFault == $1.shorterFault }), ("compare", { $0.compare == $1.compare }),
  ]
}
