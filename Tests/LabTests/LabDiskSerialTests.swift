import FoundationEssentials
import Glibc
import Scenario
import Synchronization
import Testing
import ToolTesting

@testable import Lab

/// Bricks on XFS, and fencing.
private let spec: LabSpec = {
  var options = LabOptions(name: "disks")
  options.bricks = .xfs
  options.fencing = .onoff
  return LabSpec(options)
}()

/// Real labs with bricks on XFS and with fencing.
@Suite(
  .serialized, .enabled(if: getuid() == 0, "needs root: makes namespaces and mounts"),
  .enabled("needs mkfs.xfs, fence_ipmilan and the components of a lab: apt-get install xfsprogs fence-agents")
  {
    TestTools.have {
      spec.missingPrograms(isExecutable: FileManager.default.isExecutableFile(atPath:))
        .isEmpty
    }
  })
struct LabDiskSerialTests {
  @Test(
    "A lab with disks that is killed while it starts leaves no loop device",
    arguments: [
      LabSerialTests.Moment(part: .host, state: .starting, host: "falco"),
      LabSerialTests.Moment(part: .host, state: .up, host: "falco"),
    ])
  func killedWhileStarting(moment: LabSerialTests.Moment) async throws {
    try await withLab(spec: spec) { lab in
      let killed = Mutex<LabTraces?>(nil)
      let error = await #expect(throws: LabError.self) {
        try await lab.up { progress in
          guard moment.isReached(progress), let record = lab.record else { return }
          let traces = LabTraces(of: record.platform, state: lab.state)
          if record.platform.kill() { killed.withLock { $0 = traces } }
        }
      }
      let traces = try #require(killed.withLock { $0 }, "the moment never came: \(String(describing: error))")
      try await traces.expectGone()
      // Without any command: the kernel detaches them.
      try await wait("loop devices detached") { try await LabTraces.loopDevices(of: lab).isEmpty }
      #expect(try await lab.down() == ["state folder \(lab.state)"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: lab.stateRoot).isEmpty)
    }
  }

  @Test("A lab fences a host that it has lost, boots one whose disk is frozen, and stops with a frozen disk")
  func fencedAndFrozen() async throws {
    try await withLab(spec: spec) { lab in
      try await lab.up { _ in }
      let record = try #require(lab.record)
      #expect(await lab.status().isHealthy)
      #expect(try await LabTraces.loopDevices(of: lab).count == 3)
      for host in lab.spec.hosts {
        let isXFS = "test $(stat --file-system --format %T /bricks/vms) = xfs"
        #expect(try await lab.exec(host: host.name, argv: ["sh", "-c", isXFS]) == 0, "\(host.name)")
      }

      try await fencesALostHost(lab, record)
      try await bootsWithADiskThatWasFrozen(lab)

      try await freezeBrick(of: "dauntless", lab)
      let traces = LabTraces(of: record.platform, state: lab.state)
      _ = try await lab.down()
      try await traces.expectGone()
      #expect(try await LabTraces.loopDevices(of: lab).isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: lab.stateRoot).isEmpty)
    }
  }

  /// The cluster loses falco. Its BMC has another cable, which still works.
  private func fencesALostHost(_ lab: Lab, _ record: LabRecord) async throws {
    let falco = try lab.spec.host(named: "falco")
    let first = try #require(lab.running(falco))
    let port = try #require(lab.spec.networks.first { $0.carriesGuests }).port(of: falco)
    try await Command.output(
      lab.inPlatform(record, ["ip", "link", "set", port, "down"]), doing: "pulling a cable")
    try await wait("falco fenced") { lab.running(falco).map { $0 != first } ?? false }
    try await wait("falco back in the cluster") { await lab.status().isHealthy }
  }

  /// A write that waits for a frozen disk can't be killed, and the next boot needs the disk.
  private func bootsWithADiskThatWasFrozen(_ lab: Lab) async throws {
    try await freezeBrick(of: "excelsior", lab)
    let excelsior = try lab.spec.host(named: "excelsior")
    try await lab.cutPower(host: "excelsior")
    // Pacemaker switches it on.
    try await wait("excelsior booted") { lab.running(excelsior) != nil }
    try await wait("excelsior's disk accepts writes") {
      try await lab.exec(host: "excelsior", argv: ["timeout", "5", "touch", "/bricks/vms/mark"]) == 0
    }
  }

  private func freezeBrick(of host: String, _ lab: Lab) async throws {
    let script = """
      fsfreeze --freeze /bricks/vms
      setsid -f touch /bricks/vms/waiting > /dev/null 2>&1 < /dev/null
      """
    try #require(try await lab.exec(host: host, argv: ["sh", "-ec", script]) == 0)
  }

  /// Waits for at most 2 minutes; on timeout the test fails with the name.
  private func wait(_ name: String, until isSo: () async throws -> Bool) async throws {
    for _ in 0..<480 {
      if try await isSo() { return }
      try await Task.sleep(for: .milliseconds(250))
    }
    throw NeverCame(name: name)
  }

  private struct NeverCame: Error { var name: String }
}
