import Faults
import IsolatedHost
import Scenario

/// A fault as it is measured, with the bare call that is its limit.
struct FaultCase {
  /// As the table names it.
  let name: String
  /// The part of a lease's name that tells it from other cases'.
  let tag: String
  /// What the agent is asked for.
  let order: FaultOrder
  /// The measure of the bare calls that do the same.
  let limit: String

  /// The netlink and nft faults.
  static func all() throws -> [FaultCase] {
    let host = Target.host(.named(IsolatedHost.fleetHost.name))
    let link = Target.link(.named(IsolatedHost.fleetHost.name), network: "internal")
    return [
      try .init(
        "host.unplug, 2 links, carrier", "uc", "host.unplug", host, mode: "carrier",
        limit: BareCalls.linksDown),
      try .init(
        "host.unplug, 2 links, silent", "us", "host.unplug", host, mode: "silent", limit: BareCalls.element),
      try .init("link.drop, carrier", "lc", "link.drop", link, mode: "carrier", limit: BareCalls.linkDown),
      try .init("link.drop, silent", "ls", "link.drop", link, mode: "silent", limit: BareCalls.element),
      try .init("firewall.lock", "fw", "firewall.lock", host, mode: nil, limit: BareCalls.element),
    ]
  }

  private init(
    _ name: String, _ tag: String, _ fault: String, _ target: Target, mode: String?, limit: String
  ) throws {
    let step = Step(
      name: tag, trigger: .at(.zero), fault: fault, target: target, duration: .seconds(60),
      parameters: mode.map { ["mode": .word($0)] } ?? [:])
    let host = IsolatedHost.fleetHost
    self.name = name
    self.tag = tag
    self.limit = limit
    order = try Catalogue.order(for: step, on: host, in: Fleet(name: "bench", hosts: [host]))
  }
}
