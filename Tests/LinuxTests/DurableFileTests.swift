import Glibc
import HostTesting
import Linux
import Testing

struct DurableFileTests {
  @Test("A file is read as it was written, and has mode 0600")
  func writtenFilesAreReadBackAndOpenToTheirOwnerAlone() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try DurableFile.write(Array("first".utf8), to: path)
      try DurableFile.write(Array("second".utf8), to: path)
      #expect(try DurableFile.read(path) == Array("second".utf8))
      #expect(try mode(of: path) == 0o600)
      #expect(try DurableFile.list(folder) == ["file"])
    }
  }

  @Test("A failed write leaves the old content and no temporary file")
  func aWriteThatFailsLeavesTheOldAndNothingBeside() throws {
    try withTemporaryFolder { folder in
      let missing = folder + "/none/file"
      #expect(throws: SystemError("open", missing + ".new", errno: ENOENT)) {
        try DurableFile.write([1], to: missing)
      }
      // This fails after the temporary file was written, since a file can't replace a folder.
      let taken = folder + "/taken"
      try DurableFile.makeFolder(taken + "/below")
      #expect(throws: SystemError("rename", taken, errno: EISDIR)) { try DurableFile.write([1], to: taken) }
      #expect(try DurableFile.list(folder) == ["taken"])
      #expect(try DurableFile.list(taken) == ["below"])
    }
  }

  @Test("A reader during a write gets the old or the new content, never a part")
  func readersSeeTheOldOrTheNew() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try DurableFile.write([UInt8](repeating: 0, count: 100_000), to: path)
      let mailbox = try Mailbox<Result<Void, any Error>>()
      try startThread(named: "writer") {
        mailbox.post(
          Result {
            for byte: UInt8 in 1...50 {
              try DurableFile.write([UInt8](repeating: byte, count: 100_000 + Int(byte)), to: path)
            }
          })
      }
      var looks = 0
      while true {
        let finished = mailbox.take()
        let bytes = try DurableFile.read(path)
        let first = try #require(bytes.first)
        #expect(bytes.count == 100_000 + Int(first) && bytes.allSatisfy { $0 == first })
        looks += 1
        if let result = finished.first {
          try result.get()
          break
        }
      }
      #expect(looks > 0)
    }
  }

  @Test("A writer that is killed leaves a complete file", arguments: [0, 500, 2000, 5000, 9000])
  func aKilledWriterLeavesTheOldOrTheNew(microseconds: Int) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/file"
      try DurableFile.write([UInt8](repeating: 0, count: 300_000), to: path)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, microseconds = microseconds as Int] in
        try startThread(named: "killer") {
          usleep(UInt32(microseconds))
          kill(getpid(), SIGKILL)
        }
        var byte: UInt8 = 0
        while true {
          byte &+= 1
          try DurableFile.write([UInt8](repeating: byte, count: 300_000), to: path)
        }
      }
      let bytes = try DurableFile.read(path)
      #expect(bytes.count == 300_000 && bytes.allSatisfy { $0 == bytes.first })
      // Temporary files of an interrupted write don't block the next write either.
      try DurableFile.write([1], to: path)
      #expect(try DurableFile.list(folder) == ["file"])
    }
  }

  @Test("Appended lines follow each other")
  func appendedLinesFollowEachOther() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/log"
      try DurableFile.append(Array("one\n".utf8), to: path)
      try DurableFile.append(Array("two\n".utf8), to: path)
      #expect(try DurableFile.read(path) == Array("one\ntwo\n".utf8))
      #expect(try mode(of: path) == 0o600)
    }
  }

  @Test("A file beyond the limit is refused")
  func filesBeyondTheLimitAreRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try DurableFile.write([UInt8](repeating: 7, count: 100_001), to: path)
      #expect(try DurableFile.read(path, limit: 100_001).count == 100_001)
      #expect(throws: SystemError("read", path, errno: EFBIG)) {
        try DurableFile.read(path, limit: 100_000)
      }
      // This file never ends.
      #expect(throws: SystemError("read", "/dev/zero", errno: EFBIG)) { try DurableFile.read("/dev/zero") }
    }
  }

  @Test("Removing a file twice is not an error")
  func removingTwiceIsNoError() throws {
    try withTemporaryFolder { folder in
      try DurableFile.write([1], to: folder + "/file")
      try DurableFile.remove(folder + "/file")
      try DurableFile.remove(folder + "/file")
      #expect(try DurableFile.list(folder) == [])
      try DurableFile.makeFolder(folder + "/below")
      #expect(throws: SystemError.self) { try DurableFile.remove(folder + "/below") }
    }
  }

  @Test("A folder is made with its parents, with mode 0700")
  func foldersAreMadeWithThoseAboveAndOpenToTheirOwnerAlone() throws {
    try withTemporaryFolder { folder in
      for _ in 0..<2 { try DurableFile.makeFolder(folder + "/a/b/c") }
      for made in ["/a", "/a/b", "/a/b/c"] { #expect(try mode(of: folder + made) == 0o700) }
      try DurableFile.write([1], to: folder + "/file")
      #expect(throws: SystemError("mkdir", folder + "/file/below", errno: ENOTDIR)) {
        try DurableFile.makeFolder(folder + "/file/below")
      }
    }
  }

  @Test("A folder's list is sorted, and that of a missing folder is empty")
  func listsAreSortedAndAMissingFolderHasNone() throws {
    try withTemporaryFolder { folder in
      for name in ["b", ".hidden", "a"] { try DurableFile.write([1], to: "\(folder)/\(name)") }
      #expect(try DurableFile.list(folder) == [".hidden", "a", "b"])
      #expect(try DurableFile.list(folder + "/none") == [])
      #expect(throws: SystemError("opendir", folder + "/a", errno: ENOTDIR)) {
        try DurableFile.list(folder + "/a")
      }
    }
  }

  private func mode(of path: String) throws -> mode_t {
    var status = stat()
    try checked("stat", path) { stat(path, &status) }
    return status.st_mode & 0o7777
  }
}
