import Glibc
import HostTesting
import Linux
import NamespaceTesting
import Netlink
import Scenario
import Testing
import ToolTesting

@testable import Faults

/// All acts of `brick.stop`, on volumes of a real glusterd.
@Suite(
  .enabled(
    if: getuid() == 0 && TestTools.have(["/usr/sbin/glusterd", "/usr/bin/tini"]),
    "needs root, glusterfs-server and tini"), .tags(.namespace), .serialized)
struct BrickStopContractSerialTests {
  /// A glusterd with its own files and processes, in the calling thread's network namespace.
  private final class Glusterd {
    let volume = "vol\(UInt32.random(in: 1...UInt32.max))"
    let folder: String
    private let daemon: ChildProcess
    private let program: [String]

    /// Starts the daemon, and a volume with these bricks.
    init(in folder: String, bricks: [String] = ["brick"], multiplexed: Bool = false) throws {
      self.folder = folder
      // The processes end with PID 1 of their namespace, which ends with unshare.
      daemon = try ChildProcess([
        "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "tini", "--", "sh", "-euc",
        """
        for place in /var/lib/glusterd /var/log/glusterfs /run; do mount -t tmpfs tmpfs $place; done
        mkdir -p /run/gluster /var/log/glusterfs/bricks
        exec glusterd --no-daemon
        """,
      ])
      // gluster reads its own entry in /proc, so it enters the namespace of unshare's child as well.
      let child = "/proc/\(daemon.pid)/task/\(daemon.pid)/children"
      program = [
        "sh", "-c",
        "exec nsenter --target $(cat \(child)) --mount --pid gluster --mode=script --timeout=20 \"$@\"",
        "gluster",
      ]
      try eventually("glusterd answers") { try call("pool", "list").end.isSuccess }
      if multiplexed { try expect("volume", "set", "all", "cluster.brick-multiplex", "on") }
      try create(volume, bricks)
    }

    deinit { daemon.kill() }

    func create(_ volume: String, _ bricks: [String]) throws {
      for brick in bricks { try DurableFile.makeFolder("\(folder)/\(brick)") }
      try expect(["volume", "create", volume] + bricks.map { "10.0.0.1:\(folder)/\($0)" } + ["force"])
      try expect("volume", "start", volume)
      try eventually("the bricks run") { try !GlusterBrick.all(of: volume).isEmpty }
    }

    func call(_ arguments: [String]) throws -> ProcessOutcome {
      try ChildProcess.run(program + arguments, errors: .output)
    }
    private func call(_ arguments: String...) throws -> ProcessOutcome { try call(arguments) }

    func expect(_ arguments: [String]) throws {
      let outcome = try call(arguments)
      #expect(outcome.end.isSuccess, "\(arguments): \(outcome.outputText)")
    }
    func expect(_ arguments: String...) throws { try expect(arguments) }

    /// Whether glusterd shows every brick of the volume online.
    func isOnline() throws -> Bool {
      let text = try call(["--xml", "volume", "status", volume]).outputText
      return text.contains("<status>1</status>") && !text.contains("<status>0</status>")
    }

    func instruments() -> Instruments {
      let instruments = Instruments()
      instruments.gluster.program = program
      return instruments
    }

    func order(brick: String? = nil) throws(StepRefused) -> FaultOrder {
      var parameters: [String: ParameterValue] = ["volume": .text(volume)]
      parameters["brick"] = brick.map { ParameterValue.text("\(folder)/\($0)") }
      return try HostTesting.order("brick.stop", with: parameters)
    }
  }

  /// Runs a body on a host with a glusterd.
  private func withGluster(
    bricks: [String] = ["brick"], multiplexed: Bool = false,
    _ body: @escaping @Sendable (Glusterd) throws -> Void
  ) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      try withTemporaryFolder { folder in
        try body(try Glusterd(in: folder, bricks: bricks, multiplexed: multiplexed))
      }
    }
  }

  @Test("The brick is dead until the revert lets glusterd start it, and glusterd itself continues")
  func contract() async throws {
    try await withGluster { gluster in
      let contract = try Contract(try gluster.order(), using: gluster.instruments)
      let folder = "\(gluster.folder)/brick"
      let words = "brick \(folder) of \(gluster.volume)"
      try contract.prepare()
      try eventually("the brick is online") { try gluster.isOnline() }
      try contract.inject()
      try eventually("the brick is dead") { try contract.effect() == "no process serves \(words)" }
      #expect(try contract.onset() == contract.effect())
      try eventually("glusterd shows it offline") { try !gluster.isOnline() }
      let residue = try contract.residue()
      #expect(residue.count == 1 && residue[0].hasPrefix("no process serves \(words): start it"))
      try contract.revert()
      try eventually("glusterd shows it online") { try gluster.isOnline() }
      #expect(try GlusterBrick.all(of: gluster.volume).map(\.folder) == [folder])
      #expect(try contract.end()?.hasSuffix("serves \(words)") == true)
    }
  }

  @Test("A brick that another program starts ends the fault, and the revert leaves its process alone")
  func startedByOthers() async throws {
    try await withGluster { gluster in
      let contract = try Contract(try gluster.order(), using: gluster.instruments)
      try contract.prepare()
      try contract.inject()
      try eventually("the brick is dead") { try contract.end() == nil }
      try gluster.expect("volume", "start", gluster.volume, "force")
      try eventually("the end is seen") { try contract.end() != nil }
      let started = try #require(try GlusterBrick.all(of: gluster.volume).first).process.identity
      #expect(try contract.end()?.hasPrefix("process \(started.pid) serves ") == true)
      try contract.revert()
      #expect(try GlusterBrick.all(of: gluster.volume).map(\.process.identity) == [started])
    }
  }

  @Test("A brick that ended before the injection isn't taken for the fault's") func endedBefore() async throws
  {
    try await withGluster { gluster in
      let contract = try Contract(try gluster.order(), using: gluster.instruments)
      try contract.prepare()
      let brick = try #require(try GlusterBrick.all(of: gluster.volume).first).process.identity
      _ = try brick.signal(SIGKILL)
      try eventually("it is gone") { try brick.state() == nil }
      #expect(throws: ProcessEnded.self) { try contract.inject() }
      try contract.revert()
    }
  }

  @Test("A revert fails while glusterd doesn't answer, and names what is left") func silentGlusterd()
    async throws
  {
    try await withGluster { gluster in
      let contract = try Contract(try gluster.order(), using: gluster.instruments)
      try contract.prepare()
      try contract.inject()
      try eventually("the brick is dead") { try contract.end() == nil }
      contract.instruments.gluster.program = ["false"]
      #expect(throws: ProcessFailure.self) {
        try contract.order.revert(contract.undo, using: contract.instruments)
      }
      #expect(try contract.residue().count == 1)
      contract.instruments.gluster = gluster.instruments().gluster
      try contract.revert()
    }
  }

  @Test("Of two leases for one brick, the one whose fault is active starts it") func twoLeases() async throws
  {
    try await withGluster { gluster in
      let first = try Contract(try gluster.order(), using: gluster.instruments)
      let second = try Contract(
        try gluster.order(), named: "a2", using: gluster.instruments, beside: { [first.active] })
      try first.inject()
      try eventually("the brick is dead") { try first.end() == nil }
      #expect(throws: ProcessEnded.self) { try second.inject() }
      try second.revert()
      #expect(try first.end() == nil)
      try first.revert()
    }
  }

  @Test("One of several bricks is chosen by its folder; without it they are named") func severalBricks()
    async throws
  {
    try await withGluster(bricks: ["one", "two"]) { gluster in
      let folders = ["one", "two"].map { "\(gluster.folder)/\($0)" }
      try eventually("both bricks run") { try GlusterBrick.all(of: gluster.volume).count == 2 }
      #expect(
        try gluster.order().fault.missing(using: gluster.instruments()) == [
          "\(BrickRefused.matches("brick of \(gluster.volume)", running: folders, gluster.volume))"
        ])
      let contract = try Contract(try gluster.order(brick: "two"), using: gluster.instruments)
      try contract.prepare()
      try contract.inject()
      try eventually("it is dead") { try contract.end() == nil }
      #expect(try GlusterBrick.all(of: gluster.volume).map(\.folder) == [folders[0]])
      try contract.revert()
      #expect(try GlusterBrick.all(of: gluster.volume).count == 2)
    }
  }

  @Test("A process that serves the bricks of other volumes too is refused") func multiplexed() async throws {
    try await withGluster(multiplexed: true) { gluster in
      let other = gluster.volume + "b"
      #expect(try gluster.order().fault.missing(using: gluster.instruments()) == [])
      try gluster.expect([
        "volume", "create", other, "10.0.0.1:\(gluster.folder)/other", "force",
      ])
      try gluster.expect("volume", "start", other)
      try eventually("the process serves both") {
        try gluster.order().fault.missing(using: gluster.instruments()) != []
      }
      let missing = try gluster.order().fault.missing(using: gluster.instruments())
      #expect(missing.count == 1)
      #expect(
        missing.first?.contains("cluster.brick-multiplex") == true, "\(missing)")
      #expect(missing.first?.contains("\(other)/10.0.0.1") == true, "\(missing)")
    }
  }

  @Test("A volume without a brick here, and one that glusterd doesn't have, are refused") func noBrick()
    async throws
  {
    try await withGluster { gluster in
      let none = try order("brick.stop", with: ["volume": .text("none")]).fault
      #expect(
        none.missing(using: gluster.instruments()) == [
          "\(BrickRefused.matches("brick of none", running: [], "none"))"
        ])
      let instruments = gluster.instruments()
      instruments.gluster.program = ["false"]
      let unknown = try gluster.order().fault.missing(using: instruments)
      #expect(
        unknown.count == 1 && unknown[0].contains("volume info \(gluster.volume)"), "\(unknown)")
    }
  }

  @Test("The plan shows brick and volume, and a name that is no volume's is refused") func words() throws {
    let fault = try order("brick.stop", with: ["volume": .text("vms"), "brick": .text("/bricks/vms")]).fault
    #expect(fault.object == "brick /bricks/vms of vms")
    #expect(try order("brick.stop", with: ["volume": .text("vms")]).fault.object == "brick of vms")
    #expect(fault.footprint == [Resource(.process, "/usr/sbin/glusterfsd")] && fault.reversal == .restore)
    for name in ["", "-vms", "vms*", "vms/1", "v.ms", String(repeating: "v", count: 256)] {
      let refusal = try #require(throws: StepRefused.self) {
        _ = try order("brick.stop", with: ["volume": .text(name)])
      }
      #expect(refusal.parameters == ["volume"] && refusal.reason == "\(BrickRefused.name)")
    }
    #expect(throws: StepRefused.self) { try order("brick.stop") }
  }
}
