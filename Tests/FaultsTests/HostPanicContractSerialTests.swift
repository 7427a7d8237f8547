import Glibc
import HostTesting
import IsolatedHost
import NamespaceTesting
import Netlink
import Scenario
import Testing
import ToolTesting

@testable import Faults
@testable import Linux

/// All acts of `host.panic`. No simulated BMC passes its interrupt to a kernel, so no test can panic one.
@Suite(.enabled(if: getuid() == 0, "needs root"), .tags(.namespace))
struct HostPanicContractSerialTests {
  private func inFolder(_ body: @escaping @Sendable (_ folder: String) throws -> Void) async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder(body)
    }
  }

  @Test(
    "A Redfish service gets the NMI once; the revert switches the host on if its power is off",
    .enabled(if: TestTools.have(RedfishEmulator.programs), "needs sushy-tools, openssl and curl"))
  func redfish() async throws {
    try await inFolder { folder in
      let bmc = try RedfishEmulator(in: folder)
      defer { bmc.stop() }
      let contract = try Contract(try order("host.panic", bmc: bmc.access()))
      try contract.inject()
      #expect(try bmc.acts == ["Nmi"])
      #expect(try contract.effect() == "falco's BMC has accepted the NMI, and shows its power on")
      try contract.revert()
      #expect(try bmc.acts == ["Nmi"])
      // A watchdog of the board may switch a halted host off.
      try bmc.reset("ForceOff")
      #expect(try contract.residue() == ["falco's BMC 127.0.0.1:8443 shows its power off"])
      try contract.revert()
      #expect(try bmc.isOn)
      #expect(try bmc.acts == ["Nmi", "ForceOff", "On"])
    }
  }

  @Test(
    "A host whose power is off is refused, and gets no NMI",
    .enabled(if: TestTools.have(RedfishEmulator.programs), "needs sushy-tools, openssl and curl"))
  func off() async throws {
    try await inFolder { folder in
      let bmc = try RedfishEmulator(in: folder)
      defer { bmc.stop() }
      let contract = try Contract(try order("host.panic", bmc: bmc.access()))
      try bmc.reset("ForceOff")
      #expect(
        contract.order.fault.missing(using: Instruments()).map { $0.contains("127.0.0.1:8443") } == [true])
      #expect(throws: PowerAlreadyOff.self) { try contract.inject() }
      #expect(try bmc.acts == ["ForceOff"])
    }
  }

  @Test(
    "A BMC that can't interrupt refuses, as the BMCs of a lab do, and the host keeps its power",
    .enabled(if: TestTools.have(SimulatedBMC.programs), "needs ipmi_sim and ipmitool"))
  func ipmi() async throws {
    try await inFolder { folder in
      let bmc = try SimulatedBMC(in: folder)
      defer { bmc.stop() }
      let access = Fleet.BMC(ipmi: bmc.address, user: SimulatedBMC.user, passwordFile: bmc.passwordFile)
      let contract = try Contract(try order("host.panic", bmc: access))
      let refused = try #require(throws: BMCFailure.self) { try contract.inject() }
      #expect(refused.reason.contains("Invalid data field in request"), "\(refused)")
      try contract.revert()
      #expect(try bmc.isOn && bmc.acts.isEmpty)
    }
  }

  @Test("It is instant damage at the controller, takes its host, and is confirmed by its next boot")
  func traits() throws {
    let host = Fleet.Host(
      name: "falco", ssh: "falco", links: [:],
      bmc: .init(ipmi: "10.0.3.2", user: "murphy", passwordFile: "/etc/murphy/bmc"))
    let tried = try #require(Catalogue.builtIn.cases.first { $0.fault.name == "host.panic" })
    #expect(tried.isInstant)
    let step = tried.step(named: "step-1", on: .host(.named("falco")), with: [:], for: .seconds(60))
    let fleet = Fleet(name: "tdf", hosts: [host])
    let assignments = try Catalogue.builtIn.assignments(for: step, on: host, in: fleet)
    let assignment = try #require(assignments.first)
    #expect(assignments.count == 1 && assignment.site == .controller && assignment.takes == ["falco"])
    #expect(assignment.traits.reversal == .damage && assignment.traits.damage != nil)
    #expect(assignment.traits.confirmation == .byBoot(of: "falco"))
    #expect(assignment.traits.footprint == [Resource(.bmc, "10.0.3.2")])
    #expect(throws: StepRefused.self) {
      let without = Fleet.Host(name: "falco", ssh: "falco", links: [:])
      _ = try Catalogue.builtIn.assignments(for: step, on: without, in: Fleet(name: "tdf", hosts: [without]))
    }
  }
}
