import FoundationEssentials
import Linux
import Testing

/// What `murphy check` refuses in steps with faults of virtual machines, with line and column.
struct GuestFaultCheckTests {
  private static let fleet = """
    fleet: tdf
    networks:
      external: {role: service, cidr: 10.77.2.0/24}
    hosts:
      falco: {ssh: root@falco.invalid, links: {external: eth0}}
    vms:
      web: {domain: guest}
    quorum: 1
    probes:
      website: {http: "http://10.77.2.101/", every: 1s}

    """

  /// The findings about a scenario whose step, in line 4, has these keys.
  private func findings(_ keys: String) throws -> String {
    let scenario = """
      scenario: guests
      steady: {for: 10s, probes: [website]}
      timeline:
        - {at: 0s, target: {vm: web}, \(keys)}
      objectives: {website.downtime: max 60s}

      """
    return try withTemporaryFolder { folder in
      for (name, text) in ["fleet.yaml": Self.fleet, "s.yaml": scenario] {
        try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
      }
      let outcome = try MurphyProgram.run(["check", "\(folder)/s.yaml", "\(folder)/fleet.yaml"])
      #expect(outcome.code == (outcome.errors.isEmpty ? 0 : 2))
      return outcome.errors.replacing("\(folder)/", with: "")
    }
  }

  @Test(
    "Good steps are accepted",
    arguments: [
      "fault: vm.kill, restart: manager", "fault: vm.kill, restart: leave", "fault: vm.reset",
      "fault: vm.panic", "fault: vm.link, for: 5s", "fault: vm.link, for: 5s, bridge: br0",
      #"fault: vm.link, for: 5s, mac: "52:54:00:00:00:01""#, "fault: vm.throttle, for: 5s, iops: 10",
      "fault: vm.throttle, for: 5s, bytes: 65536, disk: vda", "fault: vm.migrate, for: 5s",
      "fault: vm.migrate, for: 5s, to: falco, resource: web",
    ])
  func accepted(keys: String) throws { #expect(try findings(keys) == "") }

  @Test(
    "Steps that don't fit the fault are refused at their place",
    arguments: [
      ("fault: vm.kill", "s.yaml:4:5: error: vm.kill: the key 'restart' is missing"),
      ("fault: vm.kill, restart: unit", "s.yaml:4:58: error: restart: unknown 'unit'"),
      ("fault: vm.kill, restart: leave, for: 5s", "s.yaml:4:65: error: vm.kill: 'for' has no meaning"),
      ("fault: vm.reset, for: 5s", "s.yaml:4:50: error: vm.reset: 'for' has no meaning"),
      ("fault: vm.panic, for: 5s", "s.yaml:4:50: error: vm.panic: 'for' has no meaning"),
      (
        "fault: vm.throttle, for: 5s",
        "s.yaml:4:22: error: vm.throttle: the step needs iops, bytes or both"
      ),
      ("fault: vm.throttle, for: 5s, iops: 0", "s.yaml:4:68: error: iops: expected a whole number"),
      ("fault: vm.throttle, for: 5s, iops: 10k", "s.yaml:4:68: error: iops: expected a whole number"),
      ("fault: vm.link", "the key 'for' is missing"),
      ("fault: vm.migrate", "the key 'for' is missing"),
      (
        "fault: vm.migrate, for: 5s, to: voyager",
        "s.yaml:4:22: error: vm.migrate: to is a host of the fleet file"
      ),
      (
        "fault: vm.migrate, for: 5s, bandwidth: 10", "s.yaml:4:61: error: vm.migrate: unknown key 'bandwidth'"
      ),
      ("fault: vm.link, for: 5s, mac: all", "s.yaml:4:22: error: vm.link: mac is six bytes in hexadecimal"),
      (
        #"fault: vm.link, for: 5s, bridge: br0, mac: "52:54:00:00:00:01""#,
        "s.yaml:4:22: error: vm.link: mac and bridge can't be combined"
      ),
    ])
  func refused(keys: String, message: String) throws {
    let found = try findings(keys)
    #expect(found.contains(message), "\(found)")
  }
}
