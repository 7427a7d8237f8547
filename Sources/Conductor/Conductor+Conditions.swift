import Journal
import Scenario

extension Conductor {
  /// Whether a condition is met now, by the last observations.
  func holds(_ condition: Condition, at now: Nanoseconds) -> Bool {
    switch condition {
    case .exceeds(let quantity, let limit): value(of: quantity) > limit
    case .down(let probe, let span): probes.failingSince(probe).map { now - $0 > span } ?? false
    case .sees(let view, let object, let state): views.sees(view, object, state)
    }
  }

  private func value(of quantity: Condition.Quantity) -> Int {
    let storage = views.storage.values
    return switch quantity {
    case .hostsDown: hostsDown.count
    case .bricksDown: storage.map { $0.bricks - $0.bricksOnline }.max() ?? 0
    case .healBacklog: storage.map(\.healBacklog).max() ?? 0
    case .splitBrain: storage.map(\.splitBrain).max() ?? 0
    }
  }
}
