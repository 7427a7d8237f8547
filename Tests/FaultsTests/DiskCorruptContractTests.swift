import Glibc
import HostTesting
import Linux
import Scenario
import Testing

@testable import Faults

/// All acts of `disk.corrupt`, on files that the tests write.
struct DiskCorruptContractTests {
  private static func tool(_ line: String) throws {
    _ = try ChildProcess.run(
      line.split(separator: " ").map(String.init), environment: ["PATH": ToolEnvironment.path]
    ).success()
  }

  private static func corrupt(_ file: String, places: Int = 16) throws(StepRefused) -> FaultOrder {
    try order("disk.corrupt", with: ["file": .text(file), "places": .count(places)])
  }

  /// Runs a body with a file of random bytes.
  private func withFile(_ length: Int = 1 << 20, _ body: (_ file: String, _ bytes: [UInt8]) throws -> Void)
    throws
  {
    try withTemporaryFolder { folder in
      let bytes = (0..<length).map { _ in UInt8.random(in: 0 ... .max) }
      try DurableFile.write(bytes, to: "\(folder)/file")
      try body("\(folder)/file", bytes)
    }
  }

  private static func bytes(_ file: String) throws -> [UInt8] { try DurableFile.read(file, limit: 1 << 24) }

  /// The pieces of 16 bytes in which two contents differ.
  private static func differing(_ one: [UInt8], _ other: [UInt8]) -> [Int] {
    stride(from: 0, to: one.count, by: 16).filter { one[$0..<$0 + 16] != other[$0..<$0 + 16] }
  }

  /// Writes bytes into a file as another program does.
  private static func write(_ bytes: [UInt8], at offset: Int, of file: String) throws {
    let descriptor = try Descriptor(open: file, O_RDWR)
    let number = descriptor.number
    try checked("pwrite", file) { pwrite(number, bytes, bytes.count, offset) }
  }

  @Test("Places of the file are wrong on its disk until the revert, and every other byte is as before")
  func contract() throws {
    try withFile { file, before in
      let contract = try Contract(try Self.corrupt(file))
      try contract.prepare()
      #expect(try Self.bytes(file) == before)
      try contract.inject()
      #expect(try contract.effect() == "16 places of \(file) are wrong on its disk")
      #expect(try contract.onset() == contract.effect())
      let during = try Self.bytes(file)
      #expect(during.count == before.count)
      let wrong = Self.differing(before, during)
      #expect(wrong.count == 16)
      // Every byte of a piece differs.
      for place in wrong {
        #expect(zip(before[place..<place + 16], during[place..<place + 16]).allSatisfy { $0 != $1 })
      }
      #expect(try contract.residue() == ["16 places of \(file) are wrong on its disk"])
      try contract.revert()
      #expect(try Self.bytes(file) == before)
      #expect(try contract.end() == "16 of 16 places of \(file) are not as the fault wrote them")
    }
  }

  @Test("What another program writes ends the fault, and the revert leaves it and restores the rest")
  func writtenByOthers() throws {
    try withFile { file, before in
      let contract = try Contract(try Self.corrupt(file))
      try contract.prepare()
      try contract.inject()
      let place = try #require(Self.differing(before, try Self.bytes(file)).first)
      let theirs = [UInt8](repeating: 0x55, count: 16)
      try Self.write(theirs, at: place, of: file)
      try eventually("the end is seen") {
        try contract.end() == "1 of 16 places of \(file) are not as the fault wrote them"
      }
      try contract.revert()
      var expected = before
      expected.replaceSubrange(place..<place + 16, with: theirs)
      #expect(try Self.bytes(file) == expected)
    }
  }

  @Test("A file that was written since the lease isn't changed") func writtenBefore() throws {
    try withFile(16) { file, _ in
      let contract = try Contract(try Self.corrupt(file, places: 1))
      try contract.prepare()
      let theirs = [UInt8](repeating: 0x55, count: 16)
      try Self.write(theirs, at: 0, of: file)
      #expect(throws: CorruptionRefused.written(file)) { try contract.inject() }
      #expect(try Self.bytes(file) == theirs)
      try contract.revert()
      #expect(try Self.bytes(file) == theirs)
    }
  }

  @Test("A file that takes the corrupt one's path isn't changed, and none is made", arguments: [true, false])
  func replaced(beforeInjection: Bool) throws {
    try withFile { file, before in
      let contract = try Contract(try Self.corrupt(file))
      try contract.prepare()
      if !beforeInjection { try contract.inject() }
      let theirs = Array(before.reversed())
      try DurableFile.write(theirs, to: file)
      if beforeInjection { #expect(throws: CorruptionRefused.written(file)) { try contract.inject() } }
      #expect(try contract.end() == "16 of 16 places of \(file) are not as the fault wrote them")
      try contract.revert()
      #expect(try Self.bytes(file) == theirs)
      unlink(file)
      if beforeInjection { #expect(throws: CorruptionRefused.gone(file)) { try contract.inject() } }
      #expect(try contract.end() == "\(file) is gone")
      try contract.revert()
      #expect(access(file, F_OK) != 0)
    }
  }

  @Test(
    "While the file system isn't mounted, as after a boot, the revert fails, and it restores the bytes later",
    .enabled(if: getuid() == 0, "needs root: mounts"))
  func unmounted() throws {
    try withTemporaryFolder { folder in
      let (disk, image) = ("\(folder)/disk", "\(folder)/image")
      try DurableFile.makeFolder(disk)
      try Self.tool("truncate -s 16M \(image)")
      try Self.tool("mkfs.ext4 -q -F \(image)")
      try Self.tool("mount -o loop \(image) \(disk)")
      let before = (0..<65_536).map { _ in UInt8.random(in: 0 ... .max) }
      let file = "\(disk)/file"
      try DurableFile.write(before, to: file)
      let contract = try Contract(try Self.corrupt(file))
      try contract.inject()
      #expect(try contract.end() == nil)
      try Self.tool("umount \(disk)")
      let refused = CorruptionRefused.unmounted(file, disk)
      #expect(throws: refused) { try contract.order.revert(contract.undo, using: contract.instruments) }
      #expect(throws: refused) { try contract.residue() }
      try Self.tool("mount -o loop \(image) \(disk)")
      let outcome = Result { () throws -> Void in
        #expect(try contract.end() == nil)
        try contract.revert()
        #expect(try Self.bytes(file) == before)
      }
      try Self.tool("umount \(disk)")
      try outcome.get()
    }
  }

  @Test("Only data is corrupt, no hole of a sparse file") func holes() throws {
    try withTemporaryFolder { folder in
      let file = "\(folder)/file"
      try DurableFile.write([UInt8](repeating: 1, count: 4096), to: file)
      try checked("truncate", file) { truncate(file, 64 << 20) }
      // One in 16,384 offsets is in the data, and each of these is chosen.
      let pieces = try CorruptFile(at: file).drawPieces(256)
      #expect(pieces.map(\.offset) == (0..<256).map { $0 * 16 })
      let few = CorruptionRefused.tooFew(file, 257)
      #expect(try Self.corrupt(file, places: 257).fault.missing(using: Instruments()) == ["\(few)"])
      #expect(throws: few) { _ = try CorruptFile(at: file).drawPieces(257) }
      // The data lies between holes.
      let islands = "\(folder)/islands"
      try DurableFile.write([], to: islands)
      try checked("truncate", islands) { truncate(islands, 8 << 20) }
      for place in [1 << 20, 5 << 20] {
        try Self.tool(
          "dd if=\(file) of=\(islands) bs=4096 count=1 seek=\(place / 4096) conv=notrunc status=none")
      }
      #expect(
        try CorruptFile(at: islands).drawPieces(512).map(\.offset)
          == [1 << 20, 5 << 20].flatMap { place in (0..<256).map { Int64(place + $0 * 16) } })
    }
  }

  @Test("A second lease on a file is refused when it is armed, and before it is injected") func secondLease()
    throws
  {
    try withFile { file, before in
      let first = try Contract(try Self.corrupt(file))
      var others: [ActiveFault] = []
      let second = try Contract(try Self.corrupt(file), named: "a2", beside: { others })
      try first.inject()
      others = [first.active]
      #expect(throws: CorruptionRefused.another(file)) { try second.inject() }
      #expect(
        try Self.corrupt(file).fault.missing(using: second.instruments) == [
          "\(CorruptionRefused.another(file))"
        ])
      try second.revert()
      #expect(try first.end() == nil)
      try first.revert()
      #expect(try Self.bytes(file) == before)
    }
  }

  @Test("Only a file by its own path is accepted, and never a lease") func refusedFiles() throws {
    try withFile { file, _ in
      let folder = file.dropLast("/file".count)
      let instruments = Instruments()
      func missing(_ path: String) throws -> [String] {
        try Self.corrupt(path, places: 1).fault.missing(using: instruments)
      }
      try checked("symlink", file) { symlink(file, "\(folder)/link") }
      #expect(
        try missing("\(folder)/link") == ["\(CorruptionRefused.link("\(folder)/link", file))"])
      try checked("symlink", file) { symlink(String(folder), "\(folder)/way") }
      #expect(try missing("\(folder)/way/file") == ["\(CorruptionRefused.link("\(folder)/way/file", file))"])
      try checked("mkfifo", file) { mkfifo("\(folder)/fifo", 0o600) }
      #expect(try missing("\(folder)/fifo") == ["\(CorruptionRefused.notAFile("\(folder)/fifo"))"])
      #expect(try missing("\(folder)/none").count == 1)
      try DurableFile.write([1, 2, 3], to: "\(folder)/short")
      #expect(try missing("\(folder)/short").count == 1)
      #expect(try missing(file) == [])
      instruments.leaseFolder = String(folder)
      #expect(try missing(file).count == 1)
    }
  }

  @Test("The plan shows file, places and what stays, and other paths and numbers are refused") func words()
    throws
  {
    let fault = try Self.corrupt("/bricks/vms/web.img", places: 1).fault
    #expect(fault.object == "/bricks/vms/web.img (1 place)")
    #expect(fault.footprint == [Resource(.content, "/bricks/vms/web.img")])
    #expect(Resource.Kind.content.policyKey == "corruptible" && Resource.Kind.content.outlivesBoot)
    #expect(
      fault.kernelRevert.description
        == "bytes that were written stay on the disk, also over a boot: murphy recover reverts it")
    for path in ["bricks/vms", "/bricks/../etc/shadow", "/bricks/./x", "/bricks//x", "/bricks/"] {
      #expect(throws: StepRefused.self) { try Self.corrupt(path) }
    }
    for number in [0, 4097] { #expect(throws: StepRefused.self) { try Self.corrupt("/b", places: number) } }
    #expect(throws: StepRefused.self) { try order("disk.corrupt") }
  }
}
