import Glibc
import HostTesting
import Linux
import Testing

struct FileLockTests {
  private func take(_ path: String) throws -> Bool { try FileLock(path) != nil }

  @Test("A lock has one holder at a time")
  func oneHolderAtATime() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lock"
      func hold() throws {
        guard let lock = try FileLock(path) else { throw NeverHappened("a free lock is taken") }
        #expect(try !take(path))
        // The lock is held until here.
        _ = consume lock
      }
      try hold()
      #expect(try take(path))
    }
  }

  @Test("A lock that is held shows the signature of its holder")
  func thoseWhoFindItTakenReadWhoHasIt() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lock"
      guard let lock = try FileLock(path) else { throw NeverHappened("a free lock is taken") }
      try lock.sign("a long signature")
      try lock.sign("short")
      #expect(try DurableFile.read(path) == Array("short".utf8))
      #expect(try !take(path))
      #expect(try DurableFile.read(path) == Array("short".utf8))
    }
  }

  @Test("The death of its holder releases a lock")
  func aDeadHolderHoldsNothing() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lock"
      // One process holds the lock until it ends: no child process inherits it.
      let holder = try ChildProcess(["/usr/bin/flock", "--no-fork", path, "/bin/sleep", "600"])
      try eventually("another process has it") { try !take(path) }
      #expect(holder.kill() == .signalled(SIGKILL))
      try eventually("it is free") { try take(path) }
    }
  }

  @Test("A lock in a missing folder is an error")
  func aFolderThatIsMissingIsAnError() {
    #expect(throws: SystemError("open", "/no/such/lock", errno: ENOENT)) { try take("/no/such/lock") }
  }
}
