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

/// A fault for the tests of the reverts: its request, and the observation of its effect without Murphy.
struct HeldFault: Sendable, CustomStringConvertible {
  var fault: String
  var words: [String: String]
  /// Its parameters with other values.
  var others: [String: ParameterValue] = [:]
  /// How torture observes its effect.
  var observed: FaultVariant.Observation

  /// The first variant of each kind of effect, of each of the catalogue's faults that needs only links.
  static let all = {
    var seen: Set<String> = []
    return Catalogue.builtIn.cases.filter { tried in
      tried.needs == .namespace && seen.insert("\(tried.fault.name) \(tried.variant.observed)").inserted
    }.map { tried in
      HeldFault(
        fault: tried.fault.name, words: tried.words,
        others: tried.variant.parameters.filter { tried.words[$0.key] == nil },
        observed: tried.variant.observed)
    }
  }()

  /// Whether the kernel reverts it if no process is left.
  var isKernels: Bool {
    (try? order(fault, words, with: others).fault.kernelRevert) == .expires
  }

  var description: String { "\(fault) \(words.values.sorted().joined(separator: " "))" }
}

/// A fault that is active on a host, with its observation from outside.
final class Rehearsal {
  /// A test that waits for its deadline ends it before.
  let turn: Turn
  let host: AgentHost
  let agent: AgentClient
  private let held: HeldFault
  private let network: HostNetwork
  private let before: StackSnapshot
  private let cable: Cable
  private let service: Service
  private let nft: NftablesContext

  /// Runs a body on a host in a new namespace, whose agent has injected the fault as lease `a1`. Afterwards, expects
  /// that no residue is left.
  static func run(
    _ held: HeldFault, duration: Nanoseconds = .seconds(600), environment: [String: String] = [:],
    _ body: (Rehearsal) throws -> Void
  ) throws {
    let turn = Turn()
    let network = try HostNetwork()
    try AgentHost.run { host in
      let rehearsal = try Rehearsal(held, on: host, network, environment, turn)
      try rehearsal.inject(duration)
      try body(rehearsal)
      try rehearsal.expectNothingLeft()
    }
  }

  private init(
    _ held: HeldFault, on host: AgentHost, _ network: HostNetwork, _ environment: [String: String],
    _ turn: Turn
  ) throws {
    self.turn = turn
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
    let order = try order(held.fault, held.words, with: held.others)
    try agent.reply(to: .arm(lease: "a1", order: try order.spec, begins: .zero, duration: duration)).armed()
    try expectAllPasses()
    try agent.reply(to: .inject(lease: "a1")).effective()
    try host.awaitEffect(of: "a1")
  }

  /// Expects the fault to be active, according to the kernel and to packets.
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
    case "link.degrade":
      #expect(try network.socket.qdiscs().values.joined().contains { $0.kind == "tbf" })
    case "partition", "manager.cut", "bmc.unreachable":
      try service.sendIntoLock(from: 5002)
      #expect(try service.mayAnswer(5003), "a cut on arrival reports nothing to senders")
    default:
      try service.sendIntoLock(from: 5002)
      #expect(try service.mayAnswer(5003) == (held.words["direction"] == "in"))
    }
  }

  /// Waits until packets pass in both directions.
  func expectAllPasses() throws {
    if try !network.isUp("eth0") { try eventually("eth0 is up") { try network.isUp("eth0") } }
    for way in Cable.Way.allCases { try cable.expectPasses(way) }
    try service.expectReached(from: 5001)
    try eventually("the host may answer") { try service.mayAnswer(5001) }
  }

  /// Waits until any process has reverted the fault completely, including addresses and routes.
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

  /// Waits for the revert in the lease's log.
  func revert() throws -> Revert {
    var found: Revert?
    try eventually("the lease's end is noted") {
      found = try host.leases.status(of: try host.leases.read("a1")).revert
      return found != nil
    }
    return try #require(found)
  }

  /// The lease's state according to the host's disk.
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
