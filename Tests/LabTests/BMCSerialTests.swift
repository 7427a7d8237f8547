import FoundationEssentials
import Glibc
import Linux
import Testing

@testable import Lab

/// A host's BMC as other tools use it: ipmitool, in the controller's network namespace.
@Suite(
  .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces and mounts"),
  .enabled("needs every component of a lab") {
    LabSpec.threeHosts.missingPrograms(isExecutable: FileManager.default.isExecutableFile(atPath:)).isEmpty
  })
struct BMCSerialTests {
  @Test(
    "A host's BMC reports its power, cuts it, restores it and resets it, and the cluster takes the host back")
  func power() async throws {
    try await withLab { lab in
      try await lab.up { _ in }
      let record = try #require(lab.record)
      let bench = Bench(lab: lab, record: record)
      let host = try await bench.hostOfGuest()

      for host in lab.spec.hosts { #expect(try await bench.ipmi(host, "status") == "Chassis Power is on\n") }
      try await refusesAWrongPassword(bench, host)
      try await answersWhileTheHostIsUnplugged(bench, host)
      try await servesWhileAnActHangs(bench, host)
      try await offIsAPulledPlugAndOnBoots(bench, host)
      try await resetBootsAnew(bench, host)
      try await shutdownMovesTheGuestFirst(bench)
      try await losesPowerWithItsHost(bench, host)

      let traces = LabTraces(of: record.platform, state: lab.state)
      _ = try await lab.down()
      try await traces.expectGone()
      #expect(try FileManager.default.contentsOfDirectory(atPath: lab.stateRoot).isEmpty)
    }
  }

  private func refusesAWrongPassword(_ bench: Bench, _ host: LabHost) async throws {
    let wrong = try await bench.ipmitool(host, ["-P", "wrong"], ["chassis", "power", "off"])
    #expect(!wrong.end.isSuccess)
    let anonymous = try await bench.ipmitool(host, ["-P", ""], user: "", ["chassis", "power", "off"])
    #expect(!anonymous.end.isSuccess)
    #expect(bench.lab.running(host) != nil)
    var file = stat()
    try checked("stat", bench.passwordFile) { stat(bench.passwordFile, &file) }
    #expect(file.st_mode & 0o777 == 0o600)
  }

  private func answersWhileTheHostIsUnplugged(_ bench: Bench, _ host: LabHost) async throws {
    let ports = bench.lab.spec.networks.filter { $0.link != nil }.map { $0.port(of: host) }
    for port in ports { try await bench.platform(["ip", "link", "set", port, "down"]) }
    #expect(try await bench.ipmi(host, "status") == "Chassis Power is on\n")
    for port in ports { try await bench.platform(["ip", "link", "set", port, "up"]) }
  }

  /// A host's power is changed under a lock. While the test has the lock, the act hangs.
  private func servesWhileAnActHangs(_ bench: Bench, _ host: LabHost) async throws {
    let lock = try Descriptor(
      open: "\(bench.lab.folder(of: host))/power.lock", O_RDWR | O_CREAT | O_CLOEXEC, mode: 0o600)
    try checked("flock", host.name) { flock(lock.number, LOCK_EX) }
    let before = try #require(bench.lab.running(host))
    try await bench.ipmi(host, "reset")
    #expect(try await bench.ipmi(host, "status") == "Chassis Power is on\n")
    #expect(bench.lab.running(host) == before)
    try checked("flock", host.name) { flock(lock.number, LOCK_UN) }
    try await bench.wait("reset") { bench.lab.running(host).map { $0 != before } ?? false }
    // One request causes one reset: the client had its reply and did not repeat the request.
    let after = bench.lab.running(host)
    try await bench.wait("whole again") { await bench.lab.status().isHealthy }
    #expect(bench.lab.running(host) == after)
  }

  private func offIsAPulledPlugAndOnBoots(_ bench: Bench, _ host: LabHost) async throws {
    let mark = "/var/lib/murphy/mark /run/mark"
    try await bench.on(host, "touch \(mark)")
    let boot = try await bench.on(host, "cat /proc/sys/kernel/random/boot_id")
    let first = try #require(bench.lab.running(host))
    let namespace = try #require(LabTraces.pidNamespace(of: first.pid))
    #expect(try LabTraces.processes(inPIDNamespace: namespace).count > 10)

    try await bench.ipmi(host, "off")
    try await bench.wait("off") { !first.isAlive }
    #expect(try LabTraces.processes(inPIDNamespace: namespace).isEmpty)
    #expect(try await bench.ipmi(host, "status") == "Chassis Power is off\n")
    let status = await bench.lab.status()
    #expect(status.hosts.first { $0.name == host.name }?.pid == nil)
    #expect(status.hosts.first { $0.name == host.name }?.parts.first?.answer == "Chassis Power is off")
    #expect(try await !bench.ssh(host, "true").end.isSuccess)
    // A second call changes nothing, and a host that is off can't be reset.
    try await bench.ipmi(host, "off")
    #expect(
      try await !bench.ipmitool(host, ["-f", bench.passwordFile], ["chassis", "power", "reset"]).end.isSuccess
    )

    try await bench.ipmi(host, "on")
    try await bench.wait("on") { bench.lab.running(host) != nil }
    #expect(try await bench.ipmi(host, "status") == "Chassis Power is on\n")
    try await bench.wait("whole again") { await bench.lab.status().isHealthy }
    #expect(try await bench.on(host, "cat /proc/sys/kernel/random/boot_id") != boot)
    #expect(try await bench.on(host, "ls \(mark) 2> /dev/null || true") == "/var/lib/murphy/mark\n")
  }

  private func resetBootsAnew(_ bench: Bench, _ host: LabHost) async throws {
    let first = try #require(bench.lab.running(host))
    try await bench.ipmi(host, "reset")
    try await bench.wait("another boot") { bench.lab.running(host).map { $0 != first } ?? false }
    let second = try #require(bench.lab.running(host))
    try await bench.ipmi(host, "cycle")
    try await bench.wait("a third boot") { bench.lab.running(host).map { $0 != second } ?? false }
    try await bench.wait("whole again") { await bench.lab.status().isHealthy }
  }

  private func shutdownMovesTheGuestFirst(_ bench: Bench) async throws {
    let host = try await bench.hostOfGuest()
    let page = await bench.lab.status().parts
    try await bench.ipmi(host, "soft")
    try await bench.wait("off") { bench.lab.running(host) == nil }
    // The guest has the same boot, on another host.
    #expect(await bench.lab.status().parts == page)
    #expect(try await bench.hostOfGuest() != host)
    try await bench.lab.boot(host: host.name) { _ in }
  }

  private func losesPowerWithItsHost(_ bench: Bench, _ host: LabHost) async throws {
    try await bench.lab.cutPower(host: host.name, withBMC: true)
    #expect(bench.lab.running(host) == nil)
    let silent = try await bench.ipmitool(
      host, ["-N", "1", "-R", "1", "-f", bench.passwordFile], ["chassis", "power", "status"])
    #expect(!silent.end.isSuccess)
    // The cable is gone with its namespace: no process has a socket in it.
    let port = BMC.port(of: host)
    try await bench.wait("cable gone") {
      try await !Command.run(bench.lab.inPlatform(bench.record, ["ip", "link", "show", port])).end.isSuccess
    }
    try await bench.lab.boot(host: host.name) { _ in }
    #expect(try await bench.ipmi(host, "status") == "Chassis Power is on\n")
  }

  private struct Bench: Sendable {
    let lab: Lab
    let record: LabRecord

    var passwordFile: String { "\(lab.state)/bmc-password" }

    /// Calls `chassis power ACT` with the fleet's password; throws an error if it fails.
    @discardableResult
    func ipmi(_ host: LabHost, _ act: String) async throws -> String {
      let command = try await ipmitool(host, ["-f", passwordFile], ["chassis", "power", act])
      try #require(command.end.isSuccess, "\(act): \(command.message)")
      return command.outputText
    }

    func ipmitool(_ host: LabHost, _ options: [String], user: String = "murphy", _ words: [String])
      async throws
      -> ProcessOutcome
    {
      try await Command.run(
        lab.onPlatformNetwork(
          record,
          ["ipmitool", "-I", "lanplus", "-C", "3", "-H", "10.77.3.1\(host.number)", "-U", user] + options
            + words))
    }

    func platform(_ argv: [String]) async throws {
      try await Command.output(lab.inPlatform(record, argv), doing: argv.joined(separator: " "))
    }

    func ssh(_ host: LabHost, _ line: String) async throws -> ProcessOutcome {
      try await Command.run(
        lab.onPlatformNetwork(record, ["timeout", "8", "ssh", "-F", lab.sshConfigFile, host.name, line]))
    }

    @discardableResult
    func on(_ host: LabHost, _ line: String) async throws -> String {
      let command = try await ssh(host, line)
      try #require(command.end.isSuccess, "\(line): \(command.message)")
      return command.outputText
    }

    func hostOfGuest() async throws -> LabHost {
      for host in lab.spec.hosts where try await ssh(host, "virsh domstate web").end.isSuccess { return host }
      throw NoHostOfGuest()
    }

    /// Waits for at most 2 minutes; on timeout the test fails with the name.
    func wait(_ name: String, until isSo: () async throws -> Bool) async throws {
      for _ in 0..<480 {
        if try await isSo() { return }
        try await Task.sleep(for: .milliseconds(250))
      }
      throw NeverCame(name: name)
    }
  }

  private struct NoHostOfGuest: Error {}
  private struct NeverCame: Error { var name: String }
}
