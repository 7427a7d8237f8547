import Glibc
import HostTesting
import Linux
import Scenario
import Testing

@testable import Faults

/// All acts of `disk.fill` and `disk.stall`, on file systems that the tests mount.
@Suite(.enabled(if: getuid() == 0, "needs root: mounts"), .serialized)
struct DiskContractTests {
  private static let space: Int64 = 32 << 20

  /// Runs a body with a mounted file system of 32 MiB.
  private func withDisk(_ type: String = "tmpfs", _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let disk = "\(folder)/disk"
      try DurableFile.makeFolder(disk)
      if type == "tmpfs" {
        try Self.tool("mount -t tmpfs -o size=\(Self.space) tmpfs \(disk)")
      } else {
        try Self.tool("truncate -s \(Self.space) \(folder)/image")
        try Self.tool("mkfs.\(type) -q -F \(folder)/image")
        try Self.tool("mount -o loop \(folder)/image \(disk)")
      }
      let outcome = Result { try body(disk) }
      try Self.tool("umount \(disk)")
      try outcome.get()
    }
  }

  private static func tool(_ line: String) throws {
    _ = try ChildProcess.run(
      line.split(separator: " ").map(String.init), environment: ["PATH": ToolEnvironment.path]
    ).success()
  }

  private static func fill(_ folder: String, leave: String = "0MB") throws(StepRefused) -> FaultOrder {
    try order("disk.fill", with: ["folder": .text(folder), "leave": .text(leave)])
  }

  private static func stall(_ mount: String) throws(StepRefused) -> FaultOrder {
    try order("disk.stall", with: ["mount": .text(mount)])
  }

  private static func free(_ path: String) throws -> Int64 { try Disk(of: path).space().free }

  // MARK: disk.fill

  @Test(
    "A file system is full up to the rest, nothing shows in the folder, and the revert frees the space",
    arguments: ["tmpfs", "ext4"], ["0MB", "8MB"])
  func full(type: String, leave: String) throws {
    try withDisk(type) { disk in
      let before = try Self.free(disk)
      let contract = try Contract(try Self.fill(disk, leave: leave))
      try contract.prepare()
      #expect(try Self.free(disk) == before)
      try contract.inject()
      try eventually("it is full") { try contract.effect() != nil }
      let rest: Int64 = leave == "0MB" ? 0 : 8_000_000
      let free = try Self.free(disk)
      #expect(free <= rest + (1 << 20) && free >= rest - (1 << 20), "\(free)")
      #expect(try contract.effect() == "the file system of \(disk) has no more than the rest free")
      #expect(try DurableFile.list(disk).filter { $0 != "lost+found" } == [])
      if leave == "0MB" {
        #expect(throws: SystemError.self) {
          let file = try Descriptor(open: "\(disk)/file", O_RDWR | O_CREAT)
          try file.allocate(4 << 20, named: "file")
        }
        unlink("\(disk)/file")
      }
      try contract.revert()
      try eventually("the space is free") { try Self.free(disk) == before }
    }
  }

  @Test("Space that another program frees ends the fault") func freed() throws {
    try withDisk { disk in
      try DurableFile.write([UInt8](repeating: 1, count: 8 << 20), to: "\(disk)/theirs")
      let contract = try Contract(try Self.fill(disk))
      try contract.prepare()
      try contract.inject()
      try eventually("it is full") { try contract.effect() != nil }
      unlink("\(disk)/theirs")
      // The file system's own blocks and what the fault left free decide on which side of a megabyte it is.
      let ends = (7...10).map { "\(disk) has \($0)MB free" }
      try eventually("the fault has ended") { try contract.end() != nil }
      let end = try #require(try contract.end())
      #expect(ends.contains(end), "\(end)")
      try contract.revert()
    }
  }

  @Test("If its process is killed, the kernel frees the space") func processKilled() throws {
    try withDisk { disk in
      let before = try Self.free(disk)
      let contract = try Contract(try Self.fill(disk))
      try contract.prepare()
      try contract.inject()
      try eventually("it is full") { try contract.effect() != nil }
      try #require(contract.instruments.leaseProcesses.values.first).signal(SIGKILL)
      try eventually("the space is free") { try Self.free(disk) == before }
      #expect(try contract.end() == "the process of this lease is gone")
      try contract.revert()
    }
  }

  @Test(
    "The file system of the leases is refused, as is one with too little space, or a folder that isn't there")
  func refusedFolders() throws {
    try withDisk { disk in
      let instruments = Instruments()
      #expect(try Self.fill(disk).fault.missing(using: instruments) == [])
      let full = try Self.fill(disk, leave: "1GB").fault.missing(using: instruments)
      #expect(full.count == 1 && full[0].contains(disk), "\(full)")
      #expect(try Self.fill("\(disk)/none").fault.missing(using: instruments).count == 1)
      instruments.leaseFolder = "\(disk)/murphy/leases"
      for fault in [try Self.fill(disk), try Self.stall(disk)] {
        let missing = fault.fault.missing(using: instruments)
        #expect(missing.count == 1 && missing[0].contains(instruments.leaseFolder), "\(missing)")
      }
    }
  }

  @Test("The plan shows folder and rest, and other sizes are refused") func fillWords() throws {
    let fault = try Self.fill("/bricks/vms", leave: "500MB").fault
    #expect(fault.object == "/bricks/vms (500MB stay free)")
    #expect(fault.footprint == [Resource(.folder, "/bricks/vms")])
    #expect(try Self.fill("/b", leave: "3kB").fault.object == "/b (3kB stay free)")
    for size in ["500", "-1MB", "5MiB", "1.5GB", "99999999999999999GB"] {
      let refusal = try #require(throws: StepRefused.self) { _ = try Self.fill("/b", leave: size) }
      #expect(refusal.parameters == ["leave"])
    }
    #expect(throws: StepRefused.self) { try order("disk.fill") }
  }

  // MARK: disk.stall

  /// A thread that writes a file; its end is observed.
  private func write(to path: String) throws -> ChildProcess {
    try ChildProcess(["sh", "-c", "echo x > \(path)"], environment: ["PATH": ToolEnvironment.path])
  }

  @Test("Writes wait until the revert, and all of them then succeed") func stalled() throws {
    try withDisk("ext4") { disk in
      let contract = try Contract(try Self.stall(disk))
      try contract.prepare()
      try contract.inject()
      try eventually("it is stalled") { try contract.effect() != nil }
      #expect(try contract.effect() == "a process of this lease waits for a write to \(disk)")
      let writer = try write(to: "\(disk)/file")
      try eventually("the writer waits") { try writer.identity.state() == "D" }
      #expect(try contract.residue().count == 2)
      try contract.revert()
      #expect(try writer.wait()?.isSuccess == true)
      #expect(try DurableFile.read("\(disk)/file") == Array("x\n".utf8))
    }
  }

  @Test(
    "A file system that another program thaws has ended the fault, and one that is then frozen stays frozen")
  func thawedByOthers() throws {
    try withDisk("ext4") { disk in
      let contract = try Contract(try Self.stall(disk))
      try contract.prepare()
      try contract.inject()
      try eventually("it is stalled") { try contract.effect() != nil }
      try Self.tool("fsfreeze --unfreeze \(disk)")
      try eventually("the end is seen") { try contract.end() == "the process of this lease is gone" }
      try Self.tool("fsfreeze --freeze \(disk)")
      try contract.revert()
      try Self.tool("fsfreeze --unfreeze \(disk)")
    }
  }

  @Test("A file system that another program has frozen isn't thawed by the revert") func frozenBefore() throws
  {
    try withDisk("ext4") { disk in
      let contract = try Contract(try Self.stall(disk))
      try contract.prepare()
      try Self.tool("fsfreeze --freeze \(disk)")
      try contract.inject()
      try eventually("the process has ended") { try contract.end() == "the process of this lease is gone" }
      try contract.revert()
      // Fails if it isn't frozen.
      try Self.tool("fsfreeze --unfreeze \(disk)")
    }
  }

  @Test(
    "Without its agent, and past its time, the process thaws the file system; if it is killed, the revert does",
    arguments: ["agent", "time", "killed"])
  func ends(by cause: String) throws {
    try withDisk("ext4") { disk in
      let contract = try Contract(try Self.stall(disk))
      try contract.prepare()
      try contract.inject(cause == "time" ? .seconds(1) : .seconds(600))
      try eventually("it is stalled") { try contract.effect() != nil }
      let child = try #require(contract.instruments.leaseProcesses.values.first)
      switch cause {
      case "agent": child.closeInput()
      case "killed": try child.signal(SIGKILL)
      default: break
      }
      try eventually("the end is seen") { try contract.end() != nil }
      if cause == "killed" { try contract.revert() }
      let writer = try write(to: "\(disk)/file")
      #expect(try writer.wait()?.isSuccess == true)
      try contract.revert()
    }
  }

  @Test("Only a mount point of a file system that can be frozen is accepted, and never the root")
  func refusedMounts() throws {
    try withDisk { disk in
      let instruments = Instruments()
      let ofMemory = try Self.stall(disk).fault.missing(using: instruments)
      #expect(ofMemory.count == 1 && ofMemory[0].contains("fsfreeze"), "\(ofMemory)")
      try DurableFile.makeFolder("\(disk)/below")
      let below = try Self.stall("\(disk)/below").fault.missing(using: instruments)
      #expect(below.count == 1 && below[0].contains("df \(disk)/below"), "\(below)")
    }
    let refusal = try #require(throws: StepRefused.self) { _ = try Self.stall("/") }
    #expect(refusal.parameters == ["mount"])
    #expect(throws: StepRefused.self) { try order("disk.stall") }
    let fault = try Self.stall("/bricks/vms").fault
    #expect(fault.object == "/bricks/vms" && fault.footprint == [Resource(.folder, "/bricks/vms")])
  }

  @Test("A mount that another lease stalls is refused") func secondLease() throws {
    try withDisk("ext4") { disk in
      let first = try Contract(try Self.stall(disk))
      try first.prepare()
      let instruments = Instruments()
      #expect(try Self.stall(disk).fault.missing(using: instruments) == [])
      instruments.otherFaults = { [first.active] }
      #expect(try Self.stall(disk).fault.missing(using: instruments).map { $0.contains(disk) } == [true])
      try first.revert()
    }
  }
}
