import Glibc
import HostTesting
import Linux
import Testing

struct ProcessIdentityTests {
  /// A process that waits to be killed.
  private func withSleeper(_ body: (ProcessIdentity) throws -> Void) throws {
    let pid = try spawn(
      ["/bin/sleep", "600"], environment: [:], input: 0, output: 2, errors: 2)
    let outcome = Result { try body(try ProcessIdentity(pid: pid)) }
    kill(pid, SIGKILL)
    _ = try? reap(pid)
    try outcome.get()
  }

  @Test func signalsReachTheProcess() throws {
    try withSleeper { sleeper in
      #expect(try sleeper.signal(SIGSTOP))
      try eventually("it is stopped") { try sleeper.state() == "T" }
      #expect(try sleeper.signal(SIGCONT))
      try eventually("it goes on") { try sleeper.state() == "S" }
      #expect(try sleeper.signal(SIGKILL))
      try eventually("it is dead") { try sleeper.state() == "Z" }
      #expect(try reap(sleeper.pid) == -1)
      #expect(try sleeper.state() == nil)
      #expect(try !sleeper.signal(SIGKILL))
    }
  }

  /// The id of a process that ended is given to others: one with another start isn't the one that was meant.
  @Test func aProcessThatGotTheSameIdIsNotMeant() throws {
    try withSleeper { sleeper in
      for other in [sleeper.started - 1, sleeper.started + 1] {
        let gone = ProcessIdentity(pid: sleeper.pid, started: other)
        #expect(try gone.state() == nil)
        #expect(try !gone.signal(SIGKILL))
        #expect(gone != sleeper)
      }
      // Still alive, and answering.
      #expect(try sleeper.signal(SIGSTOP))
      try eventually("it is stopped") { try sleeper.state() == "T" }
    }
  }

  @Test func anIdWithoutAProcessHasNoIdentity() throws {
    #expect(throws: SystemError("open", "/proc/0/stat", errno: ENOENT)) { try ProcessIdentity(pid: 0) }
  }

  /// Names of commands hold what they like; proc(5) puts them in brackets without escaping.
  @Test func commandNamesDoNotConfuse() throws {
    try withTemporaryFolder { folder in
      let program = folder + "/a) Z (b"
      try checked("symlink", program) { symlink("/bin/sleep", program) }
      let pid = try spawn([program, "600"], environment: [:], input: 0, output: 2, errors: 2)
      defer {
        kill(pid, SIGKILL)
        _ = try? reap(pid)
      }
      try eventually("it sleeps") { try ProcessIdentity(pid: pid).state() == "S" }
      #expect(try ProcessIdentity(pid: pid).started > 0)
    }
  }
}
