/// A condition in a run: it starts a step or aborts the run as a guard.
package enum Condition: Codable, Equatable, Sendable {
  /// A view shows an object in a state: `manager sees host down`, `manager sees falco down`,
  /// `storage sees brick down`.
  case sees(view: String, object: String, state: State)
  /// A count exceeds a limit: `hosts-down > 1`, `heal-backlog > 1000`.
  case exceeds(Quantity, Int)
  /// A probe has failed for longer than a time: `website down > 60s`.
  case down(probe: String, longerThan: Nanoseconds)

  /// The states that a view can show.
  package enum State: String, Codable, CaseIterable, Sendable {
    case down
    case up
  }

  package enum Quantity: String, Codable, CaseIterable, Sendable {
    /// Hosts that are cut off or whose agents don't answer.
    case hostsDown = "hosts-down"
    /// Bricks that storage shows offline.
    case bricksDown = "bricks-down"
    /// Entries that need healing.
    case healBacklog = "heal-backlog"
    /// Entries in split-brain.
    case splitBrain = "split-brain"
  }
}

extension Condition: CustomStringConvertible {
  /// As files write it.
  package var description: String {
    switch self {
    case .sees(let view, let object, let state): "\(view) sees \(object) \(state.rawValue)"
    case .exceeds(let quantity, let limit): "\(quantity.rawValue) > \(limit)"
    case .down(let probe, let span): "\(probe) down > \(span)"
    }
  }
}
