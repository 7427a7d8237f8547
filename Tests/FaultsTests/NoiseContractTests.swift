import Glibc
import HostTesting
import Linux
import Netlink
import NamespaceTesting
import Scenario
import Testing

@testable import Faults

/// All acts of `noise.io`, on file systems that the tests mount, and of `noise.net`, between namespaces.
@Suite(.enabled(if: getuid() == 0, "needs root: mounts and network namespaces"), .serialized)
struct NoiseContractTests {
  private static func tool(_ line: String) throws {
    _ = try ChildProcess.run(
      line.split(separator: " ").map(String.init), environment: ["PATH": ToolEnvironment.path]
    ).success()
  }

  /// Runs a body with a mounted file system of 512 MiB, which takes space only where it is written.
  private func withDisk(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let disk = "\(folder)/disk"
      try DurableFile.makeFolder(disk)
      try Self.tool("truncate -s 512M \(folder)/image")
      try Self.tool("mkfs.ext4 -q -F \(folder)/image")
      try Self.tool("mount -o loop \(folder)/image \(disk)")
      let outcome = Result { try body(disk) }
      try Self.tool("umount \(disk)")
      try outcome.get()
    }
  }

  // MARK: noise.io

  private static func io(_ folder: String, writers: Int = 2) throws(StepRefused) -> FaultOrder {
    try order("noise.io", with: ["folder": .text(folder), "writers": .count(writers)])
  }

  /// The bytes that a process has sent to disks: write_bytes of proc_pid_io(5).
  private static func written(by process: ProcessIdentity) throws -> Int {
    let text = String(decoding: try DurableFile.read("/proc/\(process.pid)/io"), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("write_bytes: ") })
    return try #require(Int(line.dropFirst("write_bytes: ".count)))
  }

  @Test("Writes reach the disk until the revert, and nothing shows in the folder or takes space afterwards")
  func writes() throws {
    try withDisk { disk in
      let before = try Disk(of: disk).space().free
      let contract = try Contract(try Self.io(disk))
      try contract.prepare()
      let child = try #require(contract.instruments.leaseProcesses.values.first).identity
      try contract.inject()
      try eventually("it is active") {
        try contract.effect() == "a process of this lease writes to \(disk)"
      }
      // More than both files have: so blocks are written again.
      try eventually("it writes") { try Self.written(by: child) > 1 << 20 }
      #expect(try DurableFile.list(disk).filter { $0 != "lost+found" } == [])
      #expect(try contract.residue() == ["process \(child.pid) of this lease still runs"])
      try contract.revert()
      #expect(try contract.end() == "the process of this lease is gone")
      try eventually("the space is free") { try Disk(of: disk).space().free == before }
    }
  }

  @Test(
    "It ends with its agent, at its own time, and if it is killed", arguments: ["agent", "time", "killed"])
  func ends(by cause: String) throws {
    try withDisk { disk in
      let contract = try Contract(try Self.io(disk))
      try contract.prepare()
      let child = try #require(contract.instruments.leaseProcesses.values.first)
      try contract.inject(cause == "time" ? .seconds(1) : .seconds(600))
      try eventually("it is active") { try contract.end() == nil }
      switch cause {
      case "agent": child.closeInput()
      case "killed": try child.signal(SIGKILL)
      default: break
      }
      try eventually("it ends") { try contract.end() == "the process of this lease is gone" }
      #expect(try contract.residue() == [])
      try contract.revert()
    }
  }

  @Test("A disk that takes no more writes ends the fault") func full() throws {
    try withDisk { disk in
      let contract = try Contract(try Self.io(disk))
      try contract.prepare()
      let theirs = try Descriptor(open: "\(disk)/theirs", O_RDWR | O_CREAT)
      try theirs.allocate(try Disk(of: disk).space().free, named: "theirs")
      try contract.inject()
      try eventually("the end is seen") { try contract.end() == "the process of this lease is gone" }
      try contract.revert()
    }
  }

  @Test("A folder in memory, one with too little space, and one that isn't there are refused")
  func refusedFolders() throws {
    try withDisk { disk in
      let instruments = Instruments()
      #expect(try Self.io(disk).fault.missing(using: instruments) == [])
      let many = try Self.io(disk, writers: 8).fault.missing(using: instruments)
      #expect(many.count == 1 && many[0].hasSuffix("8 writers need 1073MB: write fewer writers"), "\(many)")
      #expect(try Self.io("\(disk)/none").fault.missing(using: instruments).count == 1)
      try Self.tool("mount -t tmpfs tmpfs \(disk)")
      let memory = try Self.io(disk).fault.missing(using: instruments)
      try Self.tool("umount \(disk)")
      #expect(memory.count == 1 && memory.first?.contains("tmpfs") == true, "\(memory)")
    }
  }

  @Test("The plan shows folder and writers, and other numbers are refused") func ioWords() throws {
    let fault = try Self.io("/vms", writers: 1).fault
    #expect(fault.object == "/vms (1 writer)" && fault.footprint == [Resource(.folder, "/vms")])
    #expect(try order("noise.io", with: ["folder": .text("/vms")]).fault.object == "/vms (4 writers)")
    for number in [0, 65] {
      let refusal = try #require(throws: StepRefused.self) { _ = try Self.io("/vms", writers: number) }
      #expect(refusal.parameters == ["writers"])
    }
    #expect(throws: StepRefused.self) { try order("noise.io") }
  }

  // MARK: noise.net

  /// The packets that a link has sent: the tenth number of its line in /proc/net/dev, see proc_net(5).
  private static func sent(on link: String) throws -> (bytes: Int, packets: Int) {
    let text = String(decoding: try DurableFile.read("/proc/thread-self/net/dev"), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.contains("\(link):") })
    let numbers = line.split(separator: ":")[1].split(separator: " ").compactMap { Int($0) }
    return (try #require(numbers.dropFirst(8).first), try #require(numbers.dropFirst(9).first))
  }

  private static func net(_ size: String) throws(StepRefused) -> FaultOrder {
    try order("noise.net", ["size": size], target: .link(.named("falco"), network: "internal"))
  }

  /// - Parameter length: that of a packet of IPv4, with the header of its frame.
  @Test(
    "Packets of the size leave by the link until the revert", arguments: [("small", 60), ("large", 1494)])
  func sends(size: String, length: Int) async throws {
    try await inNetworkNamespace {
      _ = try HostNetwork()
      let neighbour = try Neighbour()
      let contract = try Contract(try Self.net(size))
      try contract.prepare()
      let child = try #require(contract.instruments.leaseProcesses.values.first).identity
      let before = try Self.sent(on: "eth0")
      try contract.inject()
      try eventually("it is active") {
        try contract.effect() == "a process of this lease sends \(size) packets on internal"
      }
      try eventually("packets leave") { try Self.sent(on: "eth0").packets > before.packets + 20_000 }
      let during = try Self.sent(on: "eth0")
      let mean = (during.bytes - before.bytes) / (during.packets - before.packets)
      // The header of IPv6 is longer than that of IPv4 by 20 bytes.
      #expect((length...(length + 20)).contains(mean), "\(mean) bytes each")
      try contract.revert()
      #expect(try child.state() == nil)
      let after = try Self.sent(on: "eth0").packets
      usleep(50_000)
      #expect(try Self.sent(on: "eth0").packets < after + 100)
      withExtendedLifetime(neighbour) {}
    }
  }

  @Test("The noise continues after its link was down, and ends with its agent") func linkDown() async throws {
    try await inNetworkNamespace {
      let network = try HostNetwork()
      let neighbour = try Neighbour()
      let contract = try Contract(try Self.net("large"))
      try contract.prepare()
      try contract.inject()
      try eventually("it is active") { try contract.end() == nil }
      try network.socket.setUp(false, .name("eth0"))
      #expect(try contract.end() == nil)
      try network.socket.setUp(true, .name("eth0"))
      let before = try Self.sent(on: "eth0").packets
      try eventually("packets leave again") { try Self.sent(on: "eth0").packets > before + 1000 }
      contract.instruments.leaseProcesses.values.first?.closeInput()
      try eventually("it ends") { try contract.end() == "the process of this lease is gone" }
      try contract.revert()
      withExtendedLifetime(neighbour) {}
    }
  }

  @Test("A host without a route to the others is refused") func noRoute() async throws {
    try await inNetworkNamespace {
      let missing = try Self.net("small").fault.missing(using: Instruments())
      #expect(missing.count == 2)
      #expect(missing.first?.hasPrefix("connect 10.0.0.2 port 9: ") == true, "\(missing)")
    }
  }

  @Test("The plan shows link, size and receivers, and needs another host's address on the network")
  func netWords() throws {
    let fault = try Self.net("small").fault
    #expect(fault.object == "eth0 (small packets to 10.0.0.2, fd00::2)")
    #expect(fault.footprint == [Resource(.link, "eth0")] && fault.pathLoss == .never)
    #expect(throws: StepRefused.self) { try Self.net("medium") }
    #expect(throws: StepRefused.self) { try order("noise.net") }
    let step = Step(
      name: "noise", trigger: .at(.zero), fault: "noise.net", target: .link(.named("a"), network: "internal"),
      duration: .seconds(60))
    let alone = Fleet.Host(
      name: "a", ssh: "a", links: ["internal": "eth1"], addresses: ["internal": ["10.0.0.1"]])
    let refusal = try #require(throws: StepRefused.self) {
      _ = try Catalogue.order(for: step, on: alone, in: Fleet(name: "tdf", hosts: [alone]))
    }
    #expect(refusal.parameters == [] && refusal.reason.contains("internal"))
  }
}
