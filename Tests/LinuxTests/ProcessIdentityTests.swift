import Glibc
import HostTesting
import Linux
import Testing

struct ProcessIdentityTests {
  /// A process that waits to be killed.
  private func withSleeper(_ body: (ProcessIdentity) throws -> Void) throws {
    try withSleeper { (child: ChildProcess) in try body(child.identity) }
  }

  private func withSleeper(_ body: (ChildProcess) throws -> Void) throws {
    let child = try ChildProcess(["/bin/sleep", "600"])
    defer { child.kill() }
    try body(child)
  }

  @Test("A signal reaches the process until it ends, also if it is not reaped")
  func signalsReachTheProcess() throws {
    try withSleeper { (child: ChildProcess) in
      let sleeper = child.identity
      #expect(try sleeper.signal(SIGSTOP))
      try eventually("it is stopped") { try sleeper.state() == "T" }
      #expect(try sleeper.signal(SIGCONT))
      try eventually("it continues") { try sleeper.state() == "S" }
      #expect(try sleeper.signal(SIGKILL))
      try eventually("it is a zombie") { try sleeper.stateUntilReaped() == "Z" }
      #expect(try sleeper.state() == nil)
      #expect(try !sleeper.signal(SIGKILL))
      // This reaps the process.
      child.kill()
      #expect(try sleeper.stateUntilReaped() == nil)
      #expect(try sleeper.state() == nil)
      #expect(try !sleeper.signal(SIGKILL))
    }
  }

  /// Process ids are reused: a process with another start time is another process.
  @Test("A process that got a reused id is not signalled")
  func aProcessThatGotTheSameIdIsNotMeant() throws {
    try withSleeper { (sleeper: ProcessIdentity) in
      for other in [sleeper.started - 1, sleeper.started + 1] {
        let gone = ProcessIdentity(pid: sleeper.pid, started: other)
        #expect(try gone.state() == nil)
        #expect(try !gone.signal(SIGKILL))
        #expect(gone != sleeper)
      }
      // The process is alive and handles signals.
      #expect(try sleeper.signal(SIGSTOP))
      try eventually("it is stopped") { try sleeper.state() == "T" }
    }
  }

  @Test("An id without a process has no identity")
  func anIdWithoutAProcessHasNoIdentity() throws {
    #expect(throws: SystemError("open", "/proc/0/stat", errno: ENOENT)) { try ProcessIdentity(pid: 0) }
  }

  /// Command names may contain any character; proc(5) puts them in brackets without escaping.
  @Test("A command name with brackets doesn't confuse the reader of /proc")
  func commandNamesDoNotConfuse() throws {
    try withTemporaryFolder { folder in
      let program = folder + "/a) Z (b"
      try checked("symlink", program) { symlink("/bin/sleep", program) }
      let child = try ChildProcess([program, "600"])
      try eventually("it sleeps") { try child.identity.state() == "S" }
      #expect(child.identity.started > 0)
    }
  }
}
