import FoundationEssentials
import Glibc
import HostTesting
import Linux
import Scenario
import Synchronization
import Testing

@testable import Faults

/// The acts of `host.reboot` with a stand-in for reboot(2): `HostRebootSerialTests` has the real one, in a separate pid
/// namespace. Nothing in this process can reboot the machine that runs the tests, as the first test shows.
struct HostRebootContractTests {
  /// A host that only counts its reboots.
  private final class TestHost: Sendable {
    private let reboots = Mutex(0)
    let obstacle: String?

    init(obstacle: String? = nil) { self.obstacle = obstacle }

    var count: Int { reboots.withLock { $0 } }

    var instruments: Instruments {
      let instruments = Instruments()
      instruments.hostRestart = HostRestart(
        obstacle: { [self] in obstacle }, perform: { [self] in reboots.withLock { $0 += 1 } })
      return instruments
    }
  }

  private func fault() throws -> HostReboot { try #require(try order("host.reboot").leased as? HostReboot) }

  @Test("A program that isn't the agent can't reboot its host, whatever the policy allows")
  func otherProgram() throws {
    let fault = try fault()
    #expect(fault.missing(using: Instruments()).count == 1)
    let undo = try fault.snapshot(for: "a1", using: Instruments())
    #expect(throws: HostRestartRefused.self) {
      try fault.injection.prepare(undo, for: "a1", using: Instruments())
    }
    #expect(throws: HostRestartRefused.self) {
      try fault.perform(undo, pause: { _ in true }, using: Instruments())
    }
    // Even the agent's way refuses in a program with another name. Nothing here calls its `perform`.
    #expect(HostRestart.own(unless: { nil }).obstacle() != nil)
    #expect(HostRestart.own(unless: { "the policy" }).obstacle() == "the policy")
  }

  @Test("Its process waits before the reboot, and a revert or the agent's end in that time prevents it")
  func notice() throws {
    let host = TestHost()
    let fault = try fault()
    let undo = try fault.snapshot(for: "a1", using: host.instruments)
    var pauses: [Nanoseconds] = []
    try fault.perform(
      undo,
      pause: { span in
        pauses.append(span)
        return false
      }, using: host.instruments)
    #expect(pauses == [HostReboot.notice] && host.count == 0)
    try fault.perform(undo, pause: { _ in true }, using: host.instruments)
    #expect(host.count == 1)
  }

  @Test("The process of a record from another boot does nothing") func otherBoot() throws {
    let host = TestHost()
    let fault = try fault()
    var undo = try fault.snapshot(for: "a1", using: host.instruments)
    undo.boot = "another"
    #expect(throws: HostRestartRefused.self) {
      try fault.perform(undo, pause: { _ in true }, using: host.instruments)
    }
    #expect(host.count == 0)
  }

  @Test("A host that reboot(2) would not reboot is refused, and nothing is started") func refused() throws {
    let host = TestHost(obstacle: "PID 1 here is not this host's")
    let fault = try fault()
    #expect(fault.missing(using: host.instruments) == ["PID 1 here is not this host's"])
    let undo = try fault.snapshot(for: "a1", using: host.instruments)
    #expect(throws: HostRestartRefused(reason: "PID 1 here is not this host's")) {
      try fault.injection.prepare(undo, for: "a1", using: host.instruments)
    }
    #expect(try undo.process.residue() == [])
    #expect(try fault.effect(undo, using: host.instruments).evidence == nil)
    #expect(host.count == 0)
  }

  @Test("It is instant damage on its own host, which it takes, and is confirmed by that host's next boot")
  func traits() throws {
    let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    let tried = try #require(Catalogue.builtIn.cases.first { $0.fault.name == "host.reboot" })
    #expect(tried.isInstant)
    let step = tried.step(named: "step-1", on: .host(.named("falco")), with: [:], for: .seconds(60))
    let assignments = try Catalogue.builtIn.assignments(
      for: step, on: host, in: Fleet(name: "tdf", hosts: [host]))
    let assignment = try #require(assignments.first)
    #expect(assignments.count == 1 && assignment.site == .host("falco") && assignment.takes == ["falco"])
    #expect(assignment.traits.reversal == .damage && assignment.traits.damage != nil)
    #expect(assignment.traits.confirmation == .byBoot(of: "falco") && assignment.rebootsItsSite)
    #expect(assignment.traits.footprint == [Resource(.process, "*")])
    #expect(!assignment.traits.cuts(ControlPath(links: ["eth0"], port: 22)))
    let remarks = try FaultOrder(assignment.spec).fault.remarks(using: Instruments())
    #expect(remarks.first?.contains("no service is stopped") == true)
  }
}
