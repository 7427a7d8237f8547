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

/// All acts of `bmc.lockout`, with ipmitool as the cluster's fencing and OpenIPMI's simulator of a BMC.
@Suite(
  .enabled(if: getuid() == 0 && TestTools.have(SimulatedBMC.programs), "needs root, ipmi_sim and ipmitool"),
  .tags(.namespace))
struct BMCLockoutContractSerialTests {
  private func withBMC(
    _ body: @escaping @Sendable (_ bmc: SimulatedBMC, _ folder: String) throws -> Void
  ) async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try SimulatedBMC(in: folder)
        defer { bmc.stop() }
        try body(bmc, folder)
      }
    }
  }

  private func lockout(_ bmc: SimulatedBMC, account: Int = SimulatedBMC.fencer) throws -> FaultOrder {
    try order(
      "bmc.lockout",
      bmc: Fleet.BMC(ipmi: bmc.address, user: SimulatedBMC.user, passwordFile: bmc.passwordFile),
      with: ["account": .count(account)])
  }

  /// An attempt of the cluster to fence the host: ipmitool's exit.
  private func fences(_ bmc: SimulatedBMC) throws -> Bool {
    try bmc.isAccepted(["raw", "0", "2", "0"], by: "fencing")
  }

  /// What another program does to the account by the other one.
  private func byHand(_ bmc: SimulatedBMC, _ words: [String]) throws {
    #expect(try bmc.isAccepted(words))
  }

  @Test("The account can't fence until the revert, and then can with the same password") func contract()
    async throws
  {
    try await withBMC { bmc, _ in
      let contract = try Contract(try lockout(bmc))
      try contract.prepare()
      #expect(try bmc.acceptsFencer)
      try contract.inject()
      #expect(try contract.effect() == "falco's BMC shows account 3 (fencing) as disabled")
      #expect(try contract.onset() == contract.effect())
      #expect(
        try contract.residue() == ["falco's BMC 127.0.0.1 shows account 3 (fencing) as disabled"])
      #expect(try !bmc.acceptsFencer)
      #expect(try !fences(bmc))
      #expect(try bmc.acts.isEmpty && bmc.isOn)
      try contract.revert()
      #expect(try bmc.acceptsFencer)
      #expect(try fences(bmc))
      #expect(try bmc.acts == ["power 0"])
    }
  }

  @Test("The lease has no password, only the path of the controller's file") func noPassword() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try lockout(bmc))
      let undo = String(decoding: contract.undo, as: UTF8.self)
      let password = String(decoding: try DurableFile.read(bmc.passwordFile), as: UTF8.self)
      #expect(undo.contains("fencing") && !password.isEmpty && !undo.contains(password))
    }
  }

  @Test("Another program that enables the account ends it, and the revert leaves the account enabled")
  func enabledByHand() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try lockout(bmc))
      try contract.prepare()
      try contract.inject()
      #expect(try contract.end() == nil)
      try byHand(bmc, ["user", "enable", "3"])
      #expect(try contract.end() == "falco's BMC shows account 3 (fencing) as enabled")
      try contract.revert()
      #expect(try fences(bmc))
    }
  }

  @Test("An account that another program has given another name stays as it is") func renamed() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try lockout(bmc))
      try contract.prepare()
      try contract.inject()
      try byHand(bmc, ["user", "set", "name", "3", "auditor"])
      try contract.revert()
      #expect(try !bmc.isAccepted(["raw", "0", "1"], by: "auditor"))
    }
  }

  @Test("A BMC that doesn't answer can't be judged, and a later revert enables the account") func silent()
    async throws
  {
    try await withBMC { bmc, folder in
      let contract = try Contract(try lockout(bmc))
      try contract.prepare()
      try contract.inject()
      try eventually("the simulator has stored its accounts, as a board does") {
        let stored = (try? DurableFile.read("\(folder)/state/ipmi_sim/simulated/users.mc20")) ?? []
        return String(decoding: stored, as: UTF8.self).contains("\n3.valid:i:0\n")
      }
      bmc.stop()
      #expect(throws: BMCFailure.self) { try contract.effect() }
      try bmc.start()
      #expect(try contract.effect() != nil)
      try contract.revert()
      #expect(try bmc.acceptsFencer)
    }
  }

  @Test("The controller's own account, a missing and a disabled one are refused, with the reason")
  func refused() async throws {
    try await withBMC { bmc, _ in
      func missing(_ account: Int) throws -> String {
        try lockout(bmc, account: account).fault.missing(using: Instruments()).joined(separator: "\n")
      }
      #expect(
        try missing(2)
          == "BMC 127.0.0.1: account 2 is murphy, by which the controller must enable it again: use another account for one "
          + "of the two")
      #expect(try missing(9) == "BMC 127.0.0.1: it has no account 9: see 'ipmitool user list'")
      #expect(try missing(3) == "")
      try byHand(bmc, ["user", "disable", "3"])
      #expect(try missing(3) == "BMC 127.0.0.1: account 3 (fencing) is disabled already")
    }
  }

  @Test("It is injected at the controller, takes no host, and needs IPMI and a number") func assignments()
    throws
  {
    var host = Fleet.Host(
      name: "falco", ssh: "falco", links: [:],
      bmc: .init(ipmi: "10.0.3.2", user: "murphy", passwordFile: "/etc/murphy/bmc"))
    func assigned(_ account: Int) throws -> [Assignment] {
      let step = Step(
        name: "step-1", trigger: .at(.zero), fault: "bmc.lockout", target: .host(.named("falco")),
        duration: .seconds(60), parameters: ["account": .count(account)])
      return try Catalogue.builtIn.assignments(for: step, on: host, in: Fleet(name: "tdf", hosts: [host]))
    }
    let assignment = try #require(try assigned(3).first)
    #expect(try assigned(3).count == 1)
    #expect(assignment.site == .controller && assignment.takes == [])
    #expect(assignment.traits.object == "falco's BMC (account 3)")
    #expect(assignment.traits.footprint == [Resource(.bmc, "10.0.3.2")])
    #expect(assignment.traits.isByDaemon && assignment.traits.pathLoss == .never)
    #expect(try #require(throws: StepRefused.self) { _ = try assigned(64) }.reason.contains("1 to 63"))
    host.bmc = Fleet.BMC(.redfish(.init("https://10.0.3.2")), user: "murphy", passwordFile: "/etc/murphy/bmc")
    #expect(try #require(throws: StepRefused.self) { _ = try assigned(3) }.reason.contains("Redfish"))
    host.bmc = nil
    #expect(
      try #require(throws: StepRefused.self) { _ = try assigned(3) }.reason
        == host.needsBMC)
  }
}
