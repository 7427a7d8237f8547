import Glibc
import HostTesting
import NamespaceTesting
import Netlink
import Scenario
import Testing
import ToolTesting

@testable import Faults
@testable import Linux

/// All acts of `host.power` over Redfish, by curl and sushy-tools' emulator of a BMC.
@Suite(
  .serialized,
  .enabled(
    if: getuid() == 0 && TestTools.have(RedfishEmulator.programs), "needs root, sushy-tools, openssl and curl"
  ),
  .tags(.namespace))
struct RedfishContractSerialTests {
  /// Runs a body with a BMC in its own network namespace.
  private func withBMC(
    systems: Int = 1, _ body: @escaping @Sendable (RedfishEmulator, _ folder: String) throws -> Void
  ) async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try RedfishEmulator(in: folder, systems: systems)
        defer { bmc.stop() }
        try body(bmc, folder)
      }
    }
  }

  private static func power(_ mode: String, _ access: Fleet.BMC) throws -> FaultOrder {
    try order("host.power", ["mode": mode], bmc: access)
  }

  @Test("The power is off until the revert switches it on") func off() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc.access()))
      #expect(contract.order.fault.footprint == [Resource(.bmc, RedfishEmulator.name)])
      try contract.prepare()
      #expect(try bmc.isOn && bmc.acts.isEmpty)
      try contract.inject()
      try eventually("the power is off") { try contract.effect() == "falco's BMC shows its power off" }
      #expect(try !bmc.isOn)
      #expect(try contract.residue() == ["falco's BMC 127.0.0.1:8443 shows its power off"])
      try contract.revert()
      #expect(try bmc.isOn)
      // The fault is reverted twice, and the power is switched on once.
      #expect(try bmc.acts == ["ForceOff", "On"])
      #expect(try contract.end() == "falco's BMC shows its power on")
    }
  }

  @Test("A BMC that accepts a request and does nothing gives no effect") func accepted() async throws {
    try await withBMC { bmc, _ in
      try bmc.set(delay: 86400)
      let contract = try Contract(try Self.power("off", bmc.access()))
      try contract.prepare()
      try contract.inject()
      #expect(try bmc.acts == ["ForceOff"])
      #expect(try contract.effect() == nil)
      #expect(try contract.end() == "falco's BMC shows its power on")
      try contract.revert()
      #expect(try bmc.isOn && bmc.acts == ["ForceOff"])
    }
  }

  @Test("While the power is going off, the host is not off, and a revert has not ended") func changing()
    async throws
  {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc.access()))
      try contract.inject()
      try bmc.set(shown: "PoweringOff")
      #expect(try contract.end() == "falco's BMC shows its power changing")
      #expect(try contract.residue() == ["falco's BMC 127.0.0.1:8443 shows its power changing"])
      let refused = try Self.power("off", bmc.access()).fault.missing(using: Instruments())
      #expect(refused.count == 1 && refused.first?.contains("power is changing") == true, "\(refused)")
      try bmc.set(shown: nil)
      try eventually("the power is off") { try contract.end() == nil }
      try contract.revert()
      #expect(try bmc.isOn)
    }
  }

  @Test("A reset is requested once, and its effect is the host's next boot") func reset() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("reset", bmc.access()))
      #expect(contract.order.fault.confirmation == .byBoot(of: "falco"))
      try contract.inject()
      try eventually("the power is on") { try bmc.isOn }
      try contract.revert()
      #expect(try bmc.acts == ["ForceRestart"])
    }
  }

  @Test("A host that lost its power before the injection is not switched off") func offBefore() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc.access()))
      try bmc.reset("ForceOff")
      #expect(try !bmc.isOn)
      #expect(throws: PowerAlreadyOff.self) { try contract.inject() }
      #expect(try bmc.acts == ["ForceOff"])
    }
  }

  @Test("A revert fails as long as the BMC is silent") func silentRevert() async throws {
    try await withBMC { bmc, _ in
      let contract = try Contract(try Self.power("off", bmc.access()))
      try contract.inject()
      bmc.stop()
      #expect(throws: BMCFailure.self) { try contract.revert() }
      try bmc.start()
      try contract.revert()
      #expect(try bmc.isOn)
    }
  }

  @Test("The host's system is chosen by its path, and only it is switched off") func systems() async throws {
    try await withBMC(systems: 2) { bmc, _ in
      let several = try Self.power("off", bmc.access()).fault.missing(using: Instruments())
      #expect(several.count == 1)
      #expect(RedfishEmulator.systems.allSatisfy { several.first?.contains($0) == true }, "\(several)")
      let absent = try Self.power("off", bmc.access(system: "/redfish/v1/Systems/9")).fault
        .missing(using: Instruments())
      #expect(absent.first?.contains("status 404: Fake system 9 was not found") == true, "\(absent)")

      let other = RedfishEmulator.systems[1]
      let contract = try Contract(try Self.power("off", bmc.access(system: other)))
      #expect(contract.order.fault.footprint == [Resource(.bmc, RedfishEmulator.name + other)])
      try contract.inject()
      try eventually("the power is off") { try contract.end() == nil }
      #expect(try bmc.isOn)
      try contract.revert()
      #expect(try bmc.acts == ["ForceOff", "On"])
    }
  }

  @Test("A URL with a name is reached at the address that the fleet has for it") func alias() async throws {
    try await withBMC { bmc, _ in
      let access = bmc.access(url: RedfishEmulator.alias, address: "127.0.0.1")
      let isOn = try BMC(access).isOn()
      #expect(isOn)
      #expect(access.name == RedfishEmulator.name)
      // The name is in the certificate, and another one is not.
      let other = bmc.access(url: "https://other.example.org:8443", address: "127.0.0.1")
      #expect(throws: BMCFailure.self) { try BMC(other).isOn() }
    }
  }

  @Test("A fault that can't work is refused with the BMC's answer") func refusals() async throws {
    try await withBMC { bmc, folder in
      func missing(_ access: Fleet.BMC, mode: String = "off") throws -> String {
        let lines = try Self.power(mode, access).fault.missing(using: Instruments())
        #expect(lines.count == 1)
        #expect(!lines.joined().contains("hunter"))
        return lines.first ?? ""
      }
      let wrong = "\(folder)/wrong"
      // What curl's own configuration would read as further options.
      try DurableFile.write(Array("wrong\"\\\nurl = \"https://127.0.0.9\"".utf8), to: wrong)
      let collection = "BMC 127.0.0.1:8443: GET /redfish/v1/Systems: "
      let refused = "\(collection)status 401: Incorrect username or password"
      #expect(try missing(bmc.access(passwordFile: wrong)) == refused)
      #expect(try missing(bmc.access(user: "other")) == refused)
      #expect(try missing(bmc.access(passwordFile: "\(folder)/none")).contains("\(folder)/none"))
      let untrusted = try missing(bmc.access(trusting: false))
      #expect(untrusted.hasPrefix("\(collection)curl: (60)"), "\(untrusted)")
      #expect(
        try missing(bmc.access(), mode: "cycle").hasPrefix(
          "BMC 127.0.0.1:8443: it has no reset 'PowerCycle', only On, ForceOff, "))
      try bmc.reset("ForceOff")
      #expect(
        try missing(bmc.access())
          == "falco has no power according to its BMC 127.0.0.1:8443: no power could be cut")
      bmc.stop()
      let silent = try missing(bmc.access())
      #expect(silent.hasPrefix("\(collection)curl: (7)"), "\(silent)")
      #expect(try bmc.acts == ["ForceOff"])
    }
  }
}
