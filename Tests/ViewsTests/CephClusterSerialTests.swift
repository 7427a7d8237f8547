import Glibc
import Journal
import Linux
import NamespaceTesting
import Scenario
import Testing
import ToolTesting
import Views

private let programs = ["ceph", "ceph-mon", "ceph-mgr", "ceph-osd", "monmaptool"].map { "/usr/bin/\($0)" }

/// Debian's own Ceph, with OSDs in memory, in a network namespace that ends with the test.
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: getuid() == 0, "needs root, to make a network namespace"),
  .enabled(
    if: TestTools.have(programs), "needs the Debian packages ceph-mon, ceph-mgr, ceph-osd and ceph-common"))
struct CephClusterSerialTests {
  private static let hosts = ["dauntless", "excelsior", "falco"]
  private static let fsid = "6b0c2f5e-3c1e-4a53-9f4e-0d6a53d5b7a1"
  private static let addresses = "[v2:127.0.0.1:3300,v1:127.0.0.1:6789]"

  /// The modules of the manager are not needed, and take longer to start than the cluster.
  private static let modules =
    "alerts balancer crash devicehealth influx insights iostat k8sevents localpool nfs orchestrator osd_perf_query "
    + "osd_support pg_autoscaler progress prometheus rbd_support restful rook selftest snap_schedule stats status "
    + "telegraf telemetry test_orchestrator volumes zabbix dashboard cephadm diskprediction_local feedback"

  private static func configuration(_ folder: String) -> String {
    """
    [global]
    fsid = \(fsid)
    mon host = \(addresses)
    auth cluster required = none
    auth service required = none
    auth client required = none
    run dir = \(folder)
    admin socket = \(folder)/$name.asok
    log file = \(folder)/$name.log
    mon data = \(folder)/mon
    mgr data = \(folder)/mgr
    osd data = \(folder)/osd.$id
    osd pool default size = 2
    osd pool default min size = 1
    osd objectstore = memstore
    memstore device bytes = 67108864
    mon data avail warn = 1
    mon data avail crit = 0
    mgr disabled modules = \(modules)

    """
      + hosts.enumerated().map { "[osd.\($0)]\ncrush location = root=default host=\($1)\n" }.joined()
  }

  private let folder: String

  init() { folder = "/tmp/murphy-ceph-\(getpid())" }

  private func run(_ command: [String]) throws {
    let part = command + ["-c", "\(folder)/ceph.conf"]
    _ = try ChildProcess.run(part, within: .seconds(60)).success()
  }

  private func start(_ program: String, _ id: String) throws -> ChildProcess {
    try ChildProcess([program, "-f", "-i", id, "-c", "\(folder)/ceph.conf"])
  }

  /// The belief, from the view's own commands at this cluster.
  private func ask() throws -> StorageState {
    let spec = ViewSpec("ceph")
    guard case .tools(let commands) = try spec.question() else { throw NotAsked() }
    let answers = commands.map { command in
      ViewAnswer(
        running: command + ["-c", "\(folder)/ceph.conf"], within: .seconds(8), outputLimit: 1 << 20)
    }
    guard case .storage(let state)? = spec.belief(answers) else { throw NotAsked() }
    return state
  }

  private struct NotAsked: Error {}

  /// Queries for at most two minutes until the belief is as expected; returns the last one.
  private func ask(until isExpected: (StorageState) -> Bool) throws -> StorageState {
    let end = Clock.monotonic.now + 120_000_000_000
    while true {
      let state = try ask()
      if isExpected(state) || Clock.monotonic.now > end { return state }
      usleep(200_000)
    }
  }

  @Test("A cluster is whole, misses an OSD that is killed, and is unknown without its monitor")
  func cluster() async throws {
    _ = try ChildProcess.run(["mkdir", "-p", "\(folder)/mgr"]).success()
    defer { _ = try? ChildProcess.run(["rm", "-rf", folder]) }
    let text = Self.configuration(folder)
    try DurableFile.write(Array(text.utf8), to: "\(folder)/ceph.conf")
    try await inNetworkNamespace {
      _ = try ChildProcess.run(["ip", "link", "set", "lo", "up"]).success()
      #expect(try ask().unknown?.contains("no quorum of monitors") == true)
      _ = try ChildProcess.run([
        "monmaptool", "--create", "--fsid", Self.fsid, "--addv", "a", Self.addresses, "\(folder)/monmap",
      ]).success()
      try run(["ceph-mon", "--mkfs", "-i", "a", "--monmap", "\(folder)/monmap"])
      let monitor = try start("ceph-mon", "a")
      let manager = try start("ceph-mgr", "x")
      defer {
        monitor.kill()
        manager.kill()
      }
      var osds: [ChildProcess] = []
      defer { for osd in osds { osd.kill() } }
      for number in Self.hosts.indices {
        let id = "\(number)"
        let uuid = "00000000-0000-4000-8000-00000000000\(id)"
        try run(["ceph", "--connect-timeout", "30", "osd", "new", uuid, id])
        _ = try ChildProcess.run(["mkdir", "\(folder)/osd.\(id)"]).success()
        try run(["ceph-osd", "--mkfs", "-i", id, "--osd-uuid", uuid])
        osds.append(try start("ceph-osd", id))
      }
      // The modules that every manager needs are not loaded either, which Ceph reports as an error.
      try run(["ceph", "health", "mute", "MGR_MODULE_ERROR", "--sticky"])
      try run(["ceph", "osd", "pool", "create", "vms", "8", "8"])
      let whole = try ask { $0.isWhole && $0.bricks == 3 }
      #expect(
        whole
          == StorageState(
            bricksOnline: 3, bricks: 3, peersConnected: 1, peers: 1,
            bricksByName: ["dauntless:/osd.0": true, "excelsior:/osd.1": true, "falco:/osd.2": true]))

      osds[2].kill()
      let lost = try ask { $0.unknown == nil && $0.bricksOnline == 2 && $0.healBacklog > 0 }
      #expect(lost.bricks == 3 && lost.missing == ["falco": ["brick offline"]] && lost.lacksCopy == true)

      try run(["ceph", "osd", "out", "2"])
      let healed = try ask { $0.isWhole && $0.bricks == 2 }
      #expect(
        healed.isWhole && healed.bricksByName?.keys.sorted() == ["dauntless:/osd.0", "excelsior:/osd.1"])

      manager.kill()
      let stale = try ask { $0.unknown != nil }
      #expect(stale.unknown?.contains("out of date") == true)

      monitor.kill()
      let silent = try ask()
      #expect(silent.unknown?.contains("no quorum of monitors") == true && silent.peers == 0)
    }
  }
}
