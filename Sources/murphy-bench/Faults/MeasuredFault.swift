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
      let limit: String
      switch one.variant.observed {
      case .linksDown: limit = one.fault.targets == [.link] ? BareCalls.linkDown : BareCalls.linksDown
      case .packetsDropped: limit = BareCalls.element
      // It takes a guest, and libvirt's time.
      case .domainSuspended, .domainStopped: continue
      // It takes a process of its own for each round, or a board's own time.
      case .processStopped, .processGone, .powerOff: continue
      }
      let step = one.step(at: site, named: "bench", for: .seconds(60))
      let order = try Catalogue.order(for: step, on: site.host, in: site.fleet)
      all.append(MeasuredFault(name: "\(one)", tag: "\(number)", order: order, limit: limit))
    }
    return all
  }
}
