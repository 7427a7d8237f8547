import Faults
import Glibc
import HostTesting
import Linux
import Netlink
import Nftables
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// A fault as the tests of the chain know it: how it is asked for, and how its effect is seen from outside of Murphy.
struct HeldFault: Sendable, CustomStringConvertible {
  var fault: String
  var words: [String: String]

  /// Of each of the catalogue's faults that needs only links, the first variant of each kind of effect.
  static let all = {
    var seen: Set<String> = []
    return Catalogue.builtIn.cases.filter { tried in
      tried.needs == .namespace && seen.insert("\(tried.fault.name) \(tried.variant.observed)").inserted
    }.map { HeldFault(fault: $0.fault.name, words: $0.words) }
  }()

  /// Whether the kernel reverts it when no process is left.
  var isKernels: Bool { words["mode"] != "carrier" }

  var description: String { "\(fault) \(words.values.sorted().joined(separator: " "))" }
}

/// A fault that an agent holds on a host, and what the world sees of it.
final class Rehearsal {
  let host: AgentHost
  let agent: AgentClient
  private let held: HeldFault
  private let network: HostNetwork
  private let before: StackSnapshot
  private let cable: Cable
  private let service: Service
  private let nft: NftablesContext

  /// Runs a body in a new namespace's host, whose agent has injected the fault as lease `a1`, and sees that nothing
  /// is left of it at the body's end.
  static func run(
    _ held: HeldFault, duration: Nanoseconds = .seconds(600), environment: [String: String] = [:],
    _ body: (Rehearsal) throws -> Void
  ) throws {
    let network = try HostNetwork()
    try AgentHost.run { host in
      let rehearsal = try Rehearsal(held, on: host, network, environment)
      try rehearsal.inject(duration)
      try body(rehearsal)
      try rehearsal.expectNothingLeft()
    }
  }

  private init(
    _ held: HeldFault, on host: AgentHost, _ network: HostNetwork, _ environment: [String: String]
  ) throws {
    self.held = held
    self.host = host
    self.network = network
    cable = try Cable(0, of: network)
    service = try Service(port: 7001, of: network)
    nft = try NftablesContext()
    before = try network.snapshot()
    agent = try host.agent(environment: environment)
    try expectAllPasses()
  }

  private func inject(_ duration: Nanoseconds) throws {
    let order = try order(held.fault, held.words)
    try agent.reply(to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: duration)).armed()
    try expectAllPasses()
    try agent.reply(to: .inject(lease: "a1")).effective()
    try host.awaitEffect(of: "a1")
  }

  /// The fault is there, as the kernel and what it carries show.
  func expectHolds() throws {
    switch held.fault {
    case "host.unplug" where held.words["mode"] == "carrier",
      "link.drop" where held.words["mode"] == "carrier":
      for number in 0...(held.fault == "link.drop" ? 0 : 1) {
        #expect(try !network.isUp("eth\(number)"))
        #expect(try !network.socket.link(.name("switch\(number)")).hasCarrier)
      }
    case "host.unplug": for way in Cable.Way.allCases { try cable.sendIntoCut(way) }
    case "link.drop":
      for way in Cable.Way.allCases {
        let isCut = ["both", "\(way)"].contains(held.words["direction"] ?? "both")
        if isCut { try cable.sendIntoCut(way) } else { try cable.expectPasses(way) }
      }
    case "partition":
      try service.sendIntoLock(from: 5002)
      #expect(try service.mayAnswer(5003), "a partition reports nothing to senders")
    default:
      try service.sendIntoLock(from: 5002)
      #expect(try service.mayAnswer(5003) == (held.words["direction"] == "in"))
    }
  }

  /// Everything comes through, both ways. Waits until it does.
  func expectAllPasses() throws {
    if try !network.isUp("eth0") { try eventually("eth0 is up") { try network.isUp("eth0") } }
    for way in Cable.Way.allCases { try cable.expectPasses(way) }
    try service.expectReached(from: 5001)
    try eventually("the host may answer") { try service.mayAnswer(5001) }
  }

  /// Waits until the fault is reverted completely, including addresses and routes, by any process.
  func expectReverted() throws {
    var differences: [String] = []
    do {
      try eventually("the links are as before") {
        differences = try network.differences(from: before)
        return differences.isEmpty
      }
    } catch {
      Issue.record("\(differences)")
      throw error
    }
    try eventually("no nft table is left") { try nft.ruleset() == [] }
    try expectAllPasses()
  }

  /// What the lease's log says of its end; waits for it.
  func revert() throws -> Revert {
    var found: Revert?
    try eventually("the lease's end is noted") {
      found = try host.leases.status(of: try host.leases.read("a1")).revert
      return found != nil
    }
    return try #require(found)
  }

  /// What the host's disk says of the lease.
  func status() throws -> LeaseStatus { try host.leases.status(of: try host.leases.read("a1")) }

  private func expectNothingLeft() throws {
    try expectReverted()
    try eventually("no process is left") { host.agents().isEmpty }
    // The record of a reverted lease may exist, but no active fault.
    let recovered = try host.recover()
    #expect(recovered.code == 0, "\(recovered.results)")
    #expect(try DurableFile.list(host.leases.path) == [])
    try expectReverted()
  }
}
