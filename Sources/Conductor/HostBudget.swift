import Faults
import Scenario

/// How many hosts a scenario takes at once, at the most, by its file alone.
public struct HostBudget: Equatable, Sendable {
  /// The most hosts that are taken at one time.
  public var taken: Int
  /// How many hosts would be left.
  public var left: Int
  /// How many must be left.
  public var quorum: Int
  /// When the last step has ended, after the first could begin; steps that wait for a condition are not counted.
  public var lasts: Nanoseconds

  /// Whether quorum holds throughout; what takes no host can't lose it.
  public var isKept: Bool { taken == 0 || left >= quorum }

  /// Counts. Steps that name one host count once; a chosen host counts as another one, since it may be. A step that
  /// waits for a condition may meet every other.
  ///
  /// - Parameters:
  ///   - broken: hosts that are down already.
  ///   - others: how many more are, by other names.
  public init(_ scenario: Scenario, in fleet: Fleet, broken: Set<String> = [], others: Int = 0) {
    struct Hold {
      var from: Nanoseconds
      var until: Nanoseconds
      var host: String
    }
    let taking = Set(Catalogue.descriptions.filter(\.takesHost).map(\.name))
    var ends: [String: Nanoseconds] = [:]
    var holds: [Hold] = []
    // A step after another is read again until the other's end is known; the file's reader refuses circles.
    for _ in scenario.timeline {
      holds = []
      for step in scenario.timeline {
        let from: Nanoseconds
        let until: Nanoseconds
        switch step.trigger {
        case .at(let time): (from, until) = (time, time + step.duration)
        case .after(let other, let delay):
          let start = (ends[other] ?? .zero) + delay
          (from, until) = (start, start + step.duration)
        case .when: (from, until) = (.zero, Nanoseconds(Int64.max / 2))
        }
        ends[step.name] = until
        guard taking.contains(step.fault) else { continue }
        let host: String =
          switch step.target {
          case .host(.named(let name)), .link(.named(let name), _): name
          default: "\(step.name)'s choice"
          }
        holds.append(Hold(from: from, until: until, host: host))
      }
    }
    let moments = holds.map { start in
      Set(holds.filter { $0.from <= start.from && start.from < $0.until }.map(\.host))
    }
    taken = moments.map(\.count).max() ?? 0
    left = fleet.hosts.count - (moments.map { $0.union(broken).count }.max() ?? broken.count) - others
    quorum = fleet.quorum
    lasts = ends.values.filter { $0 < Nanoseconds(Int64.max / 2) }.max() ?? .zero
  }
}
