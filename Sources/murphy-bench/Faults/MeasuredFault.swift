import Faults
import IsolatedHost
import Scenario

/// A measured fault, with the bare call that is its limit.
struct MeasuredFault {
  /// Its name in the table.
  let name: String
  /// The part of a lease's name that distinguishes it from other cases.
  let tag: String
  /// The fault in the request to the agent.
  let order: FaultOrder
  /// The measurement of the bare calls with the same effect.
  let limit: String

  /// Every variant of the catalogue for which there are bare calls.
  static func all() throws -> [MeasuredFault] {
    var all: [MeasuredFault] = []
    let site = IsolatedHost.trialSite
    for (number, one) in Catalogue.builtIn.cases.enumerated() {
      // Other faults need a guest and the time of libvirt, a new process for each round, or the time of a board.
      guard case .inNamespace(let effect) = one.variant.observed else { continue }
      let limit =
        switch effect {
        case .linksDown: one.fault.targets == [.link] ? BareCalls.linkDown : BareCalls.linksDown
        case .linksSlowed: BareCalls.qdisc
        case .packetsDropped: BareCalls.element
        }
      let step = one.step(at: site, named: "bench", for: .seconds(60))
      let order = try Catalogue.order(for: step, on: site.host, in: site.fleet)
      all.append(MeasuredFault(name: "\(one)", tag: "\(number)", order: order, limit: limit))
    }
    return all
  }
}
