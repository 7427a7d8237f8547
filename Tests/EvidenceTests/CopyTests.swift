import Evidence
import FoundationEssentials
import Glibc
import Linux
import Testing

@Suite struct CopyTests {
  @Test("A copy has all files with their contents, also those of signatures and hidden ones")
  func contents() throws {
    try withRunFolder { fixture in
      try FileManager.default.createDirectory(
        atPath: "\(fixture.path)/signatures", withIntermediateDirectories: false)
      try fixture.write("signed", to: "signatures/1-prepared.sha256")
      try fixture.write("hidden", to: ".hidden")
      let large = String(repeating: "0123456789", count: 60_000)
      try fixture.write(large, to: "samples.bin")
      let copy = try copied(fixture)
      #expect(try read("samples.bin", in: copy) == large)
      #expect(try read("signatures/1-prepared.sha256", in: copy) == "signed")
      #expect(try read(".hidden", in: copy) == "hidden")
      #expect(try DurableFile.list(copy) == DurableFile.list(fixture.path))
    }
  }

  @Test(
    "A copy belongs to its user, not to the user of the original",
    .enabled(if: getuid() == 0, "needs root: to give the original to another user"))
  func owner() throws {
    try withRunFolder { fixture in
      #expect(chown("\(fixture.path)/events.jsonl", 65_534, 65_534) == 0)
      let copy = try copied(fixture)
      var status = stat()
      #expect(stat("\(copy)/events.jsonl", &status) == 0)
      #expect(status.st_uid == getuid() && status.st_gid == getgid())
    }
  }

  @Test("A file that exists is not replaced")
  func existing() throws {
    try withRunFolder { fixture in
      let copy = try copied(fixture)
      #expect(throws: EvidenceError.system(SystemError("open", "\(copy)/events.jsonl", errno: EEXIST))) {
        try fixture.folder.copy(fixture.folder.entries(), to: EvidenceFolder(path: copy))
      }
    }
  }

  @Test("A copy in the folder itself doesn't contain itself")
  func inside() throws {
    try withRunFolder { fixture in
      let entries = try fixture.folder.entries()
      let copy = "\(fixture.path)/copy"
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
      try fixture.folder.copy(entries, to: EvidenceFolder(path: copy))
      #expect(try DurableFile.list(copy) == ["events.jsonl", "report.html", "samples.bin"])
    }
  }

  /// Copies the folder, and returns the path of the copy.
  private func copied(_ fixture: RunFolderFixture) throws -> String {
    let copy = "\(fixture.path)-copy"
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    try fixture.folder.copy(fixture.folder.entries(), to: EvidenceFolder(path: copy))
    return copy
  }

  private func read(_ name: String, in folder: String) throws -> String {
    String(decoding: try DurableFile.read("\(folder)/\(name)"), as: UTF8.self)
  }
}
