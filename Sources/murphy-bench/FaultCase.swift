import Faults
import IsolatedHost
import Scenario

/// A measured fault, with the bare call that is its limit.
struct FaultCase {
  /// Its name in the table.
  let name: String
  /// The part of a lease's name that distinguishes it from other cases.
  let tag: String
  /// The fault in the request to the agent.
  let order: FaultOrder
  /// The measurement of the bare calls with the same effect.
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
