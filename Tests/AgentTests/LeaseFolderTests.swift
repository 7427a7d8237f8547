import Leases
import Faults
import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Linux
import Scenario
import Testing

@testable import Agent
import AgentProtocol

/// Leases on disk: they are read as they were written, and an unreadable one is reported and never acted on.
struct LeaseFolderTests {
  private func lease(_ name: String = "a1") throws -> Lease {
    Lease(
      name: name, run: "run-1", order: try order("firewall.lock"),
      undo: Data(#"{"table":{"family":"inet","name":"murphy_a1"}}"#.utf8), boot: "boot",
      deadline: .seconds(100), cutsControlPath: true)
  }

  @Test("A lease is read as it was written")
  func leasesComeBackAsWritten() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path + "/leases")
      #expect(try folder.names() == [])
      let written = try lease()
      try folder.write(written)
      try folder.write(try lease("b_2"))
      #expect(try folder.names() == ["a1", "b_2"])
      let read = try folder.read("a1")
      #expect(read.name == "a1" && read.run == "run-1" && read.boot == "boot" && read.version == 1)
      #expect(read.deadline == .seconds(100) && read.cutsControlPath)
      #expect(read.undo == written.undo)
      #expect(read.order.fault.object == written.order.fault.object)
    }
  }

  @Test("A revert is noted with the boot that its time belongs to")
  func anEndIsNotedWithTheBootOfItsClock() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      // The lease is of another boot, so that nothing is undone.
      let revert = try folder.revert(lease, cause: .recover, using: Instruments())
      #expect(revert.boot == (try Clock.bootIdentity()))
      #expect(try folder.status(of: lease).revert == revert)
    }
  }

  @Test("The end of an earlier boot also ended its fault")
  func reboot() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      try folder.note(.injecting, of: "a1")
      try folder.note(.effective(Effect(at: .seconds(3), took: .zero, evidence: "seen")), of: "a1")
      let revert = try folder.revert(lease, cause: .recover, using: Instruments())
      let end = try #require(revert.lastObservation?.ended)
      let boot = try Clock.bootIdentity()
      #expect(end.cause == .reboot && end.boot == boot)
      // The other boot's clock can't be compared with this boot's.
      #expect(end.lastActive == nil && revert.lastObservation?.lastActive == nil)
      #expect(end.firstEnded <= revert.at)
    }
  }

  @Test("An observation before an undo counts, and one after it doesn't")
  func lastObservation() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      // No fault was injected, so there is no effect to observe.
      #expect(folder.observeLast(at: lease, using: Instruments()) == nil)
      try folder.note(.injecting, of: "a1")
      let observation = LastObservation(lastActive: .seconds(4))
      try folder.note(.reverting(observation), of: "a1")
      let end = EarlyEnd(firstEnded: .seconds(5), boot: "boot", cause: .others, reason: "gone")
      try folder.note(.ended(end), of: "a1")
      try folder.note(.reverting(LastObservation(ended: end)), of: "a1")
      #expect(folder.observeLast(at: lease, using: Instruments()) == observation)
      #expect(folder.isBeingReverted(lease))
      let status = try folder.status(of: lease)
      #expect(status.lastObservation == observation && status.ended == nil)
    }
  }

  @Test("The last observation reports an end that was observed earlier")
  func observedEnd() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      try folder.note(.injecting, of: "a1")
      let end = EarlyEnd(
        lastActive: .seconds(4), firstEnded: .seconds(5), boot: "boot", cause: .others, reason: "gone")
      try folder.note(.ended(end), of: "a1")
      let observation = LastObservation(lastActive: .seconds(4), ended: end)
      #expect(folder.observeLast(at: lease, seen: .seconds(3), using: Instruments()) == observation)
      #expect(try folder.status(of: lease).lastObservation == observation)
    }
  }

  @Test("An act that can't be logged throws an error")
  func anActThatCannotBeAnnouncedIsRefused() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      // Not even root can append to a folder.
      try checked("mkdir", path) { mkdir(folder.log("a1"), 0o700) }
      #expect(throws: SystemError.self) { try folder.announce(.injecting, of: "a1") }
    }
  }

  @Test("A noted revert is trusted only if the injection was confirmed")
  func anEndThatWasNotedIsTrustedOnlyWhereTheActHadEnded() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      try folder.note(.injecting, of: "a1")
      try folder.note(.reverted(Revert(at: .zero, cause: .deadline, residue: [])), of: "a1")
      // The injection may have happened after the logged revert.
      #expect(!folder.isKnownToBeOver(lease))
      #expect(folder.mayBeActive("a1"), "a domain with its mark is left to it")
      #expect(try folder.revert(lease, cause: .recover, using: Instruments()).cause == .recover)
      let effect = Effect(at: .zero, took: .zero, evidence: "seen")
      try folder.note(.effective(effect), of: "a1")
      #expect(folder.isKnownToBeOver(lease))
      #expect(!folder.mayBeActive("a1"))
      #expect(try folder.revert(lease, cause: .watchdog, using: Instruments()).cause == .recover)
    }
  }

  @Test("Lease folders have mode 0700, and their files 0600")
  func onlyRootCanRead() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path + "/murphy/leases")
      try folder.write(try lease())
      try folder.note(.reverted(Revert(at: .zero, cause: .agent, residue: [])), of: "a1")
      func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try checked("stat", path) { stat(path, &status) }
        return status.st_mode & 0o7777
      }
      for made in [path + "/murphy", folder.path] { #expect(try mode(made) == 0o700) }
      for file in [folder.file("a1"), folder.log("a1")] {
        #expect(try mode(file) == 0o600)
      }
    }
  }

  @Test("A lease's status has the effect and the revert that were noted")
  func whatBecameOfALeaseIsKept() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      var status = try folder.status(of: lease())
      #expect(status.lease == "a1" && status.run == "run-1" && status.fault == "firewall.lock")
      #expect(status.object == "in, open ports: 22, established kept")
      #expect(status.effect == nil && status.revert == nil)
      let effect = Effect(at: .seconds(3), took: .milliseconds(2), evidence: "seen")
      try folder.note(.effective(effect), of: "a1")
      status = try folder.status(of: lease())
      #expect(status.effect == effect && status.revert == nil)
      let revert = Revert(at: .seconds(9), cause: .watchdog, residue: [])
      try folder.note(.reverted(revert), of: "a1")
      status = try folder.status(of: lease())
      #expect(status.effect == effect && status.revert == revert)
    }
  }

  @Test("A log whose last line is incomplete, as after a power cut, is read and can be continued")
  func aCutLastLineIsAsIfNotWritten() throws {
    let effect = Effect(at: .seconds(3), took: .milliseconds(2), evidence: "seen")
    let revert = Revert(at: .seconds(9), cause: .agent, residue: [])
    let last = try WireCoding.line(LeaseHappening.reverted(revert))
    for length in 0..<(last.count - 1) {
      try withTemporaryFolder { path in
        let folder = LeaseFolder(path: path)
        try folder.note(.effective(effect), of: "a1")
        try DurableFile.append(last.prefix(length), to: folder.log("a1"))
        let status = try folder.status(of: try lease())
        #expect(status.effect == effect)
        #expect(status.revert == nil)
        try folder.note(.reverted(revert), of: "a1")
        #expect(try folder.status(of: try lease()).revert == revert, "after a line of \(length) bytes")
      }
    }
  }

  @Test("Removing a lease deletes its file and its log")
  func removedLeasesLeaveNothing() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      try folder.note(.reverted(Revert(at: .zero, cause: .agent, residue: [])), of: "a1")
      for _ in 0..<2 { try folder.remove("a1") }
      #expect(try DurableFile.list(path) == [])
    }
  }

  /// A process that was stopped while another reverted and forgot the lease reverts it once more when it continues.
  @Test("Reverting a lease whose record is deleted writes no new file")
  func revertingADroppedLeaseLeavesNothing() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      try folder.remove("a1")
      _ = try folder.revert(try lease(), cause: .watchdog, using: Instruments())
      #expect(try DurableFile.list(path) == [])
    }
  }

  @Test("Files of leases that were never completed, or not completely removed, are deleted")
  func unfinishedLeasesAreDroppedAndOthersStay() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      for name in ["b1.lease.new", "b2.log", "a1.log"] {
        try DurableFile.write(Array("{".utf8), to: "\(path)/\(name)")
      }
      try folder.dropUnfinished()
      #expect(try DurableFile.list(path) == ["a1.lease", "a1.log"])
    }
  }

  @Test("A truncated lease file is refused")
  func truncatedLeasesAreNotRead() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      let whole = try DurableFile.read(folder.file("a1"))
      for length in 0..<whole.count {
        try DurableFile.write(whole.prefix(length), to: folder.file("a1"))
        let error = try #require(throws: LeaseUnreadable.self) { _ = try folder.read("a1") }
        #expect(error.file == folder.file("a1") && error.reason == .altered)
      }
    }
  }

  /// The decoder's own words in `content` are not compared; they must name the key or the value.
  private static let edits: [(text: String, edit: String, reason: LeaseUnreadable.Reason)] = [
    (#""version":1"#, #""version":2"#, .version(2)),
    (#""version":1"#, #""version":"1""#, .content("version")),
    (#""name":"a1""#, #""name":"b2""#, .name("b2")),
    (#""name":"a1""#, #""name":"../../etc/a1""#, .name("../../etc/a1")),
    (#""fault":"firewall.lock""#, #""fault":"host.explode""#, .content("host.explode")),
    (#""deadline":"#, #""deadlin":"#, .content("deadline")), (#""undo":""#, #""undo":"!"#, .content("undo")),
    (#""deadline":100000000000"#, #""deadline":9223372036854775807"#, .deadline),
    (#""deadline":100000000000"#, #""deadline":-1"#, .deadline),
  ]

  @Test(
    "A lease with invalid content is refused with the reason, although its checksum is right",
    arguments: edits)
  func leasesThatMakeNoSenseAreNotRead(text: String, edit: String, reason: LeaseUnreadable.Reason) throws {
    try expectRefusal(of: text, editedTo: edit, because: reason) { json, _ in LeaseFile.sealed(json) }
  }

  @Test(
    "A lease that was edited after it was written is refused",
    arguments: edits.dropFirst(2).map { ($0.text, $0.edit) } + [
      (#""deadline":100000000000"#, #""deadline":200000000000"#), (#""run":"run-1""#, #""run":"run-2""#),
      (#""undo":"ey"#, #""undo":"ez"#), (#""name":"a1""#, #""name": "a1""#),
    ])
  func editedLeasesAreNotRead(text: String, edit: String) throws {
    try expectRefusal(of: text, editedTo: edit, because: .altered) { json, check in
      json + check
    }
  }

  private func expectRefusal(
    of text: String, editedTo edit: String, because reason: LeaseUnreadable.Reason,
    _ seal: (_ json: [UInt8], _ oldCheck: [UInt8]) -> [UInt8]
  ) throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      let written = try DurableFile.read(folder.file("a1"))
      let json = String(decoding: try #require(LeaseFile.content(of: written)), as: UTF8.self)
      let edited = json.replacing(text, with: edit, maxReplacements: 1)
      #expect(edited != json)
      let check = Array(written.dropFirst(json.utf8.count))
      try DurableFile.write(seal(Array(edited.utf8), check), to: folder.file("a1"))
      // It is listed with the others, and nothing is undone.
      #expect(try folder.names() == ["a1"])
      let error = try #require(throws: LeaseUnreadable.self) { _ = try folder.read("a1") }
      if case .content(let found) = error.reason, case .content(let named) = reason {
        #expect(found.contains(named))
      } else {
        #expect(error.reason == reason)
      }
    }
  }

  /// Every byte of the file counts.
  @Test("A lease with one changed bit, or with additional bytes, is refused")
  func damagedLeasesAreNotRead() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      let written = try DurableFile.read(folder.file("a1"))
      for index in written.indices {
        var damaged = written
        damaged[index] ^= 1
        try DurableFile.write(damaged, to: folder.file("a1"))
        #expect(throws: LeaseUnreadable.self, "byte \(index)") { _ = try folder.read("a1") }
      }
      for added in [[UInt8(ascii: "\n")], Array("{}".utf8)] {
        try DurableFile.write(written + added, to: folder.file("a1"))
        #expect(throws: LeaseUnreadable.self) { _ = try folder.read("a1") }
      }
      try DurableFile.write(written, to: folder.file("a1"))
      #expect(try folder.read("a1").name == "a1")
    }
  }

  /// A folder that other users could write to, or a link, gets no new lease; the leases in it are still reverted.
  @Test(
    "A folder that other users can reach, or a link, gets no new lease, but its leases are reverted",
    arguments: ["wide", "link", "file"])
  func folderOthersCanWrite(kind: String) throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path + "/leases")
      try folder.write(try lease())
      switch kind {
      case "wide": chmod(folder.path, 0o710)
      case "link":
        try checked("rename", path) { rename(folder.path, path + "/elsewhere") }
        try checked("symlink", path) { symlink(path + "/elsewhere", folder.path) }
      default:
        try folder.remove("a1")
        rmdir(folder.path)
        try DurableFile.write([], to: folder.path)
      }
      let error = try #require(throws: (any Error).self) { try folder.write(try lease("a2")) }
      #expect("\(error)".contains(folder.path))
      if kind == "file" { return }
      #expect(error is LeaseFolderOpen)
      #expect(try folder.names() == ["a1"])
      #expect(try folder.revert(try folder.read("a1"), cause: .recover, using: .init()).residue == [])
    }
  }

  @Test(
    "A folder of another user gets no new lease", .enabled(if: getuid() == 0, "needs root: another owner"))
  func aFolderOfAnotherUsersTakesNoLease() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path + "/leases")
      try folder.write(try lease())
      chown(folder.path, 65534, 65534)
      #expect(throws: LeaseFolderOpen.self) { try folder.write(try lease("a2")) }
    }
  }

  @Test("Reading a missing lease fails with ENOENT")
  func missingLease() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      #expect(throws: SystemError("open", folder.file("a1"), errno: ENOENT)) { _ = try folder.read("a1") }
    }
  }

  /// A crash may leave these files beside the leases.
  @Test("Only lease files are listed as leases")
  func onlyLeasesAreListed() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      for name in ["a2.lease.new", "a3.log", "a4.lock", "lease"] {
        try DurableFile.write([1], to: "\(path)/\(name)")
      }
      #expect(try folder.names() == ["a1"])
    }
  }

  @Test("A lease's name consists of characters that are safe in file names and nft table names")
  func namesArePartsOfFileNamesAndTableNames() {
    for name in ["a", "0", "_", "run_1_step_2", String(repeating: "a", count: 32)] {
      #expect(Lease.isName(name))
    }
    for name in [
      "", "A", "a b", "a-b", "a.b", "a/b", "..", "ä", "a\n", "a\0", "a;b", String(repeating: "a", count: 33),
    ] {
      #expect(!Lease.isName(name), "\(name)")
    }
  }
}
