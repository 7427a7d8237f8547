import Scenario

/// The maximum number of hosts that a scenario takes at once, by its file only and for the worst order that its
/// timeline allows.
package struct HostBudget: Equatable, Sendable {
  /// The most hosts that are taken at one time.
  package var taken: Int
  /// How many hosts would remain.
  package var left: Int
  /// How many must remain.
  package var quorum: Int
  /// When the last step has ended, after the first could begin; steps with a condition are not counted.
  package var lasts: Nanoseconds

  /// Whether quorum is kept throughout; a scenario that takes no host can't lose it.
  package var isKept: Bool { taken == 0 || left >= quorum }

  /// Counts hosts, not steps: two faults on one host count once. A host that is chosen during the run may be any that
  /// the step can choose.
  ///
  /// - Parameters:
  ///   - broken: hosts that are already down.
  ///   - others: how many more are, by other names.
  package init(
    _ scenario: Scenario, in fleet: Fleet, of catalogue: FaultCatalogue, broken: Set<String> = [],
    others: Int = 0
  ) {
    let meetings = Meetings(scenario.timeline, fleet, catalogue)
    taken = meetings.mostHosts(beside: [])
    left = fleet.hosts.count - broken.count - meetings.mostHosts(beside: broken) - others
    quorum = fleet.quorum
    lasts = Self.end(of: scenario.timeline)
  }

  private static func end(of timeline: [Step]) -> Nanoseconds {
    var ends: [String: Nanoseconds] = [:]
    // A step after another is evaluated again until the other's end is known; the file's reader refuses cycles.
    for _ in timeline {
      for step in timeline {
        switch step.trigger {
        case .at(let time): ends[step.name] = time + step.duration
        case .after(let other, let delay): ends[step.name] = ends[other].map { $0 + delay + step.duration }
        case .when: break
        }
      }
    }
    return ends.values.max() ?? .zero
  }
}

/// Steps that take hosts, and how many they take together.
private struct Meetings {
  private struct Taking {
    var step: Step
    /// What it takes: one host of each of these lists.
    var choices: [[String]]
    /// The first step that chooses its host at the same time and by the same rule, and so takes the same host.
    var choice: Int
  }

  private var takings: [Taking] = []
  private let order: StepOrder

  init(_ steps: [Step], _ fleet: Fleet, _ catalogue: FaultCatalogue) {
    order = StepOrder(
      steps, lasting: Set(steps.filter { $0.leavesDamage(in: fleet, of: catalogue) }.map(\.name)))
    for (index, step) in steps.enumerated() {
      let choices = step.choices(in: fleet, of: catalogue)
      if choices.isEmpty { continue }
      let same = step.hostOf.flatMap { vm in
        takings.first { $0.step.hostOf == vm && $0.step.trigger == step.trigger }?.choice
      }
      takings.append(Taking(step: step, choices: choices, choice: same ?? index))
    }
  }

  /// The maximum number of hosts, without those of `broken`, that are taken at one time.
  func mostHosts(beside broken: Set<String>) -> Int {
    var best = 0
    // If a timeline is too long to try all of its orders, the rest of it counts as active at once.
    var tries = 10_000
    func extend(_ chosen: [Taking], by rest: [Taking]) {
      best = max(best, Self.hosts(of: chosen, besides: broken))
      tries -= 1
      let bound = Self.hosts(of: chosen + rest, besides: broken)
      guard bound > best else { return }
      guard tries > 0 else { return best = bound }
      for (index, next) in rest.enumerated() {
        extend(chosen + [next], by: rest[(index + 1)...].filter { order.canMeet(next.step, $0.step) })
      }
    }
    extend([], by: takings)
    return best
  }

  /// The maximum number of different hosts that steps take together: a maximum matching of choices and hosts, by
  /// augmenting paths.
  private static func hosts(of takings: [Taking], besides broken: Set<String>) -> Int {
    var seen: Set<Int> = []
    let choices = takings.filter { seen.insert($0.choice).inserted }.flatMap(\.choices)
    var taker: [String: Int] = [:]
    func place(_ index: Int, _ tried: inout Set<String>) -> Bool {
      for host in choices[index] where !broken.contains(host) && tried.insert(host).inserted {
        if let other = taker[host], !place(other, &tried) { continue }
        taker[host] = index
        return true
      }
      return false
    }
    return choices.indices.count { index in
      var tried: Set<String> = []
      return place(index, &tried)
    }
  }
}

extension Step {
  /// Whether what it takes stays taken after its end.
  fileprivate func leavesDamage(in fleet: Fleet, of catalogue: FaultCatalogue) -> Bool {
    isInstant
      && ([nil] + fleet.hosts.map(Optional.some)).contains { host in
        do throws(StepRefused) {
          return try catalogue.assignments(for: self, on: host, in: fleet).contains {
            $0.traits.reversal == .damage
          }
        } catch {
          return false
        }
      }
  }

  /// What the step takes at one time: one host of each of these lists. Several lists if it takes several hosts at
  /// once.
  fileprivate func choices(in fleet: Fleet, of catalogue: FaultCatalogue) -> [[String]] {
    func taken(on host: Fleet.Host?) -> Set<String> {
      do throws(StepRefused) {
        return Set(try catalogue.assignments(for: self, on: host, in: fleet).flatMap(\.takes))
      } catch {
        // A step that fits no host takes nothing; the choice of its target refuses it.
        return []
      }
    }
    if case .sides = target { return taken(on: nil).sorted().map { [$0] } }
    let hosts = possibleHosts(in: fleet, of: catalogue).flatMap { taken(on: $0) }
    return hosts.isEmpty ? [] : [hosts]
  }

  /// The virtual machine whose host is the target; nil if the host is chosen otherwise.
  fileprivate var hostOf: String? {
    switch target {
    case .host(.hostOf(let vm)), .link(.hostOf(let vm), _): vm
    default: nil
    }
  }
}
