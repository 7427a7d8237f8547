import Glibc
import HostTesting
import IsolatedHost
import Linux
import NamespaceTesting
import Netlink
import Testing
import ToolTesting

/// The findings of `murphy doctor` about the BMCs of a fleet.
@Suite(
  .enabled(if: getuid() == 0 && TestTools.have(SimulatedBMC.programs), "needs root, ipmi_sim and ipmitool"))
struct DoctorPowerSerialTests {
  @Test(
    "For a controller, doctor queries the power from each BMC, and shows the answer of a BMC that refuses")
  func asks() async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try SimulatedBMC(in: folder)
        defer { bmc.stop() }
        try DurableFile.write(Array("wrong".utf8), to: "\(folder)/wrong")
        func host(_ name: String, _ address: String, _ file: String) -> String {
          "  \(name): {ssh: root@\(name), links: {}, bmc: {ipmi: \(address), user: murphy, password-file: \(file)}}"
        }
        let fleet = [
          "fleet: f", "networks: {n: {role: service, cidr: 10.77.2.0/24}}", "hosts:",
          host("dauntless", bmc.address, bmc.passwordFile), host("excelsior", bmc.address, "\(folder)/wrong"),
          host("falco", "127.0.0.9", bmc.passwordFile), host("gannet", bmc.address, "\(folder)/none"),
          "  heron: {ssh: root@heron, links: {}}",
          "quorum: 1", "probes: {website: {http: \"http://10.77.2.101/\"}}", "",
        ].joined(separator: "\n")
        try DurableFile.write(Array(fleet.utf8), to: "\(folder)/fleet.yaml")
        let outcome = try MurphyProgram.run([
          "doctor", "--as", "controller", "--fleet", "\(folder)/fleet.yaml",
        ])
        #expect(outcome.code == 1, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").filter { $0.contains(" bmc ") }
        try #require(lines.count == 4, "\(outcome.output)")
        #expect(lines[0] == "  ok       bmc dauntless: 127.0.0.1 shows the power on")
        #expect(
          lines[1].hasPrefix("  missing  bmc excelsior: BMC 127.0.0.1: ipmitool raw 0 1 ended with")
            && lines[1].contains("RAKP 2 HMAC is invalid") && !lines[1].contains("hunter"))
        #expect(lines[2].hasPrefix("  missing  bmc falco: BMC 127.0.0.9: "))
        #expect(
          lines[3].contains("bmc gannet: BMC 127.0.0.1: its password file \(folder)/none can't be read"))
        #expect(outcome.output.contains("  ok       ipmitool: /"))
        #expect(try bmc.acts == [])
      }
    }
  }

  @Test(
    "For a controller, doctor queries a Redfish service by curl, and shows its refusal",
    .enabled(if: TestTools.have(RedfishEmulator.programs), "needs sushy-tools, openssl and curl"))
  func redfish() async throws {
    try await inNetworkNamespace {
      try RouteSocket().setUp(true, .name("lo"))
      try withTemporaryFolder { folder in
        let bmc = try RedfishEmulator(in: folder)
        defer { bmc.stop() }
        try DurableFile.write(Array("wrong".utf8), to: "\(folder)/wrong")
        func host(_ name: String, _ file: String) -> String {
          "  \(name): {ssh: root@\(name), links: {}, bmc: {redfish: \"\(bmc.url)\", user: murphy, "
            + "password-file: \(file), ca: \(bmc.certificate)}}"
        }
        let fleet = [
          "fleet: f", "networks: {n: {role: service, cidr: 10.77.2.0/24}}", "hosts:",
          host("dauntless", bmc.passwordFile), host("excelsior", "\(folder)/wrong"),
          "quorum: 1", "probes: {website: {http: \"http://10.77.2.101/\"}}", "",
        ].joined(separator: "\n")
        try DurableFile.write(Array(fleet.utf8), to: "\(folder)/fleet.yaml")
        let outcome = try MurphyProgram.run([
          "doctor", "--as", "controller", "--fleet", "\(folder)/fleet.yaml",
        ])
        #expect(outcome.code == 1, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").filter { $0.contains(" bmc ") }
        try #require(lines.count == 2, "\(outcome.output)")
        #expect(lines[0] == "  ok       bmc dauntless: 127.0.0.1:8443 shows the power on")
        #expect(
          lines[1]
            == "  missing  bmc excelsior: BMC 127.0.0.1:8443: GET /redfish/v1/Systems: status 401: Incorrect username or password"
        )
        #expect(outcome.output.contains("  ok       curl: /"))
        #expect(try bmc.acts == [])
      }
    }
  }

  @Test("Without ipmitool, doctor reports a missing requirement only for a fleet with BMCs")
  func withoutTool() throws {
    try withTemporaryFolder { folder in
      let host = "hosts: {falco: {ssh: root@falco, links: {}"
      let rest = "quorum: 1\nprobes: {website: {http: \"http://10.77.2.101/\"}}\n"
      for (bmc, code) in [
        ("", 0 as Int32), (", bmc: {ipmi: 127.0.0.1, user: murphy, password-file: /none}", 1),
      ] {
        let fleet =
          "fleet: f\nnetworks: {n: {role: service, cidr: 10.77.2.0/24}}\n\(host)\(bmc)}}\n\(rest)"
        try DurableFile.write(Array(fleet.utf8), to: "\(folder)/fleet.yaml")
        // Its PATH has only ssh.
        try DurableFile.makeFolder("\(folder)/bin")
        if symlink("/usr/bin/ssh", "\(folder)/bin/ssh") != 0, errno != EEXIST {
          throw SystemError("symlink", "ssh", errno: errno)
        }
        let outcome = try MurphyProgram.run(
          ["doctor", "--as", "controller", "--fleet", "\(folder)/fleet.yaml"],
          environment: ["PATH": "\(folder)/bin"])
        #expect(outcome.code == code, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("ipmitool: not in PATH"))
      }
    }
  }
}
