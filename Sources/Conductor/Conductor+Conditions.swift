import Journal
import Scenario

extension Conductor {
  /// Whether a condition holds now, by what was last seen.
  func holds(_ condition: Condition, at now: Nanoseconds) -> Bool {
    switch condition {
    case .exceeds(let quantity, let limit): value(of: quantity) > limit
    case .down(let probe, let span): failingSince[probe].map { now - $0 > span } ?? false
    case .sees(let view, let object, let state): sees(view, object, state)
    }
  }

  private func value(of quantity: Condition.Quantity) -> Int {
    switch quantity {
    case .hostsDown: hostsDown.count
    case .bricksDown: storage.values.map { $0.bricks - $0.bricksOnline }.max() ?? 0
    case .healBacklog: storage.values.map(\.healBacklog).max() ?? 0
    case .splitBrain: storage.values.map(\.splitBrain).max() ?? 0
    }
  }

  /// `host` and `brick` stand for any; else a node's or a resource's name.
  private func sees(_ view: String, _ object: String, _ state: Condition.State) -> Bool {
    if let seen = storage[view], seen.unknown == nil {
      let isDown = object == "peer" ? seen.peersConnected < seen.peers : seen.bricksOnline < seen.bricks
      return isDown == (state == .down)
    }
    guard let seen = manager[view], seen.unknown == nil else { return false }
    let isDown: Bool
    if object == "host" {
      isDown = seen.nodes.values.contains { $0 != "online" }
    } else if let node = seen.nodes[object] {
      isDown = node != "online"
    } else if let resource = seen.resources[object] {
      isDown = !resource.isWell
    } else {
      return false
    }
    return isDown == (state == .down)
  }
}
