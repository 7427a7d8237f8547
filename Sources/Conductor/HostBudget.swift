import Scenario

/// The maximum number of hosts that a scenario takes at once. It is computed from the file alone, for the worst order
/// that the timeline allows.
package struct HostBudget: Equatable, Sendable {
  /// The maximum number of hosts that are taken at the same time.
  package var taken: Int
  /// The number of hosts that would remain.
  package var left: Int
  /// The number of hosts that must remain.
  package var quorum: Int
  /// The time from the start of the first step to the end of the last. Steps with a condition are not counted.
  package var lasts: Nanoseconds

  /// Whether quorum is always kept. A scenario that takes no host can't lose it.
  package var isKept: Bool { taken == 0 || left >= quorum }

  /// Counts hosts, not steps: two faults on one host count once. A host that is chosen during the run may be any host
  /// that the step can choose.
  ///
  /// - Parameters:
  ///   - broken: hosts that are already down.
  ///   - others: the number of further hosts that are down, known only by other names.
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
    /// The step takes one host of each of these lists.
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
    // If a timeline is too long to try all of its orders, all remaining steps count as active at once.
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
  /// Whether its hosts stay taken after its end.
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

  /// The hosts that the step takes at once: one host of each of these lists.
  fileprivate func choices(in fleet: Fleet, of catalogue: FaultCatalogue) -> [[String]] {
    func taken(on host: Fleet.Host?) -> Set<String> {
      do throws(StepRefused) {
        return Set(try catalogue.assignments(for: self, on: host, in: fleet).flatMap(\.takes))
      } catch {
        // A step without a possible host takes none; the choice of its target refuses it.
        return []
      }
    }
    if case .sides = target { return taken(on: nil).sorted().map { [$0] } }
    let hosts = possibleHosts(in: fleet, of: catalogue).flatMap { taken(on: $0) }
    return hosts.isEmpty ? [] : [hosts]
  }

  /// The virtual machine whose host is the target; nil if the target is chosen in another way.
  fileprivate var hostOf: String? {
    switch target {
    case .host(.hostOf(let vm)), .link(.hostOf(let vm), _): vm
    default: nil
    }
  }
}
