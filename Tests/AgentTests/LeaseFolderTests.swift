import Faults
import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Linux
import Scenario
import Testing

@testable import Agent

/// Leases on a disk: what is written is read, and what can't be read is reported and never acted on.
struct LeaseFolderTests {
  private func lease(_ name: String = "a1") throws -> Lease {
    Lease(
      name: name, run: "run-1", order: try order("firewall.lock"),
      undo: Data(#"{"table":{"family":"inet","name":"murphy_a1"}}"#.utf8), boot: "boot",
      deadline: .seconds(100), cutsControlPath: true)
  }

  private func isFree(_ lock: String) throws -> Bool { try FileLock(lock) != nil }

  @Test func leasesComeBackAsWritten() throws {
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

  @Test func anEndIsNotedWithTheBootOfItsClock() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      // Taken in another boot, so that nothing is undone.
      let revert = try folder.revert(lease, cause: .recover, using: Instruments())
      #expect(revert.boot == (try Clock.bootIdentity()))
      #expect(try folder.standing(of: lease).revert == revert)
    }
  }

  @Test func anActThatCannotBeAnnouncedIsRefused() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      // Nothing can be appended to a folder, by root neither.
      try checked("mkdir", path) { mkdir(folder.log("a1"), 0o700) }
      #expect(throws: SystemError.self) { try folder.announce(.injecting, of: "a1") }
    }
  }

  @Test func anEndThatWasNotedIsTrustedOnlyWhereTheActHadEnded() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      let lease = try lease()
      try folder.write(lease)
      try folder.note(.injecting, of: "a1")
      try folder.note(.reverted(Revert(at: .zero, cause: .deadline, residue: [])), of: "a1")
      // The act may have come after that.
      #expect(!folder.isKnownToBeOver(lease))
      #expect(try folder.revert(lease, cause: .recover, using: Instruments()).cause == .recover)
      let effect = Effect(at: .zero, took: .zero, evidence: "seen")
      try folder.note(.effective(effect), of: "a1")
      #expect(folder.isKnownToBeOver(lease))
      #expect(try folder.revert(lease, cause: .watchdog, using: Instruments()).cause == .recover)
    }
  }

  @Test func nobodyElseCanLook() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path + "/murphy/leases")
      try folder.write(try lease())
      try folder.note(.reverted(Revert(at: .zero, cause: .agent, residue: [])), of: "a1")
      #expect(try isFree(folder.lockFile("a1")))
      func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try checked("stat", path) { stat(path, &status) }
        return status.st_mode & 0o7777
      }
      for made in [path + "/murphy", folder.path] { #expect(try mode(made) == 0o700) }
      for file in [folder.file("a1"), folder.log("a1"), folder.lockFile("a1")] {
        #expect(try mode(file) == 0o600)
      }
    }
  }

  @Test func whatBecameOfALeaseIsKept() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      var standing = try folder.standing(of: lease())
      #expect(standing.lease == "a1" && standing.run == "run-1" && standing.fault == "firewall.lock")
      #expect(standing.object == "in, open ports: 22, established kept")
      #expect(standing.effect == nil && standing.revert == nil)
      let effect = Effect(at: .seconds(3), took: .milliseconds(2), evidence: "seen")
      try folder.note(.effective(effect), of: "a1")
      standing = try folder.standing(of: lease())
      #expect(standing.effect == effect && standing.revert == nil)
      let revert = Revert(at: .seconds(9), cause: .watchdog, residue: [])
      try folder.note(.reverted(revert), of: "a1")
      standing = try folder.standing(of: lease())
      #expect(standing.effect == effect && standing.revert == revert)
    }
  }

  /// A power cut in the middle of a note: what was noted before counts, and what is noted after as well.
  @Test func aCutLastLineIsAsIfNotWritten() throws {
    let effect = Effect(at: .seconds(3), took: .milliseconds(2), evidence: "seen")
    let revert = Revert(at: .seconds(9), cause: .agent, residue: [])
    let last = try WireCoding.line(LeaseFolder.Happening.reverted(revert))
    for length in 0..<(last.count - 1) {
      try withTemporaryFolder { path in
        let folder = LeaseFolder(path: path)
        try folder.note(.effective(effect), of: "a1")
        try DurableFile.append(last.prefix(length), to: folder.log("a1"))
        let standing = try folder.standing(of: try lease())
        #expect(standing.effect == effect)
        #expect(standing.revert == nil)
        try folder.note(.reverted(revert), of: "a1")
        #expect(try folder.standing(of: try lease()).revert == revert, "after a line of \(length) bytes")
      }
    }
  }

  @Test func settledLeasesLeaveNothing() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      try folder.note(.reverted(Revert(at: .zero, cause: .agent, residue: [])), of: "a1")
      #expect(try isFree(folder.lockFile("a1")))
      for _ in 0..<2 { try folder.remove("a1") }
      #expect(try DurableFile.list(path) == [])
    }
  }

  @Test func truncatedLeasesAreNotRead() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      let whole = try DurableFile.read(folder.file("a1"))
      for length in 0..<whole.count {
        try DurableFile.write(whole.prefix(length), to: folder.file("a1"))
        let error = try #require(throws: LeaseUnreadable.self) { _ = try folder.read("a1") }
        #expect(error.file == folder.file("a1"))
        #expect(error.description.contains("was not acted on"))
      }
    }
  }

  @Test(arguments: [
    (#""version":1"#, #""version":2"#, "version 2"), (#""version":1"#, #""version":"1""#, "version"),
    (#""name":"a1""#, #""name":"b2""#, "b2"), (#""name":"a1""#, #""name":"../../etc/a1""#, "../../etc/a1"),
    (#""fault":"firewall.lock""#, #""fault":"host.explode""#, "host.explode"),
    (#""deadline":"#, #""deadlin":"#, "deadline"), (#""undo":""#, #""undo":"!"#, "undo"),
  ])
  func editedLeasesAreNotRead(text: String, edit: String, reason: String) throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      let written = String(decoding: try DurableFile.read(folder.file("a1")), as: UTF8.self)
      let edited = written.replacing(text, with: edit, maxReplacements: 1)
      #expect(edited != written)
      try DurableFile.write(Array(edited.utf8), to: folder.file("a1"))
      // It is still reported among the others.
      #expect(try folder.names() == ["a1"])
      let error = try #require(throws: LeaseUnreadable.self) { _ = try folder.read("a1") }
      #expect(error.reason.contains(reason))
    }
  }

  @Test func aLeaseThatIsNotThereIsNoLease() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      #expect(throws: SystemError("open", folder.file("a1"), errno: ENOENT)) { _ = try folder.read("a1") }
    }
  }

  /// What a crash may leave beside the leases isn't taken for one.
  @Test func onlyLeasesAreListed() throws {
    try withTemporaryFolder { path in
      let folder = LeaseFolder(path: path)
      try folder.write(try lease())
      for name in ["a2.lease.new", "a3.log", "a4.lock", "lease"] {
        try DurableFile.write([1], to: "\(path)/\(name)")
      }
      #expect(try folder.names() == ["a1"])
    }
  }

  @Test func namesArePartsOfFileNamesAndTableNames() {
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
