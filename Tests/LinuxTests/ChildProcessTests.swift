import Glibc
import HostTesting
import Testing

@testable import Linux

struct ChildProcessTests {
  /// The output of a program.
  private func output(
    _ command: [String], environment: [String: String] = [:], session: ChildProcess.Session = .own
  )
    throws -> String
  {
    try ChildProcess.run(command, environment: environment, session: session).success()
  }

  private func processes(withArgument argument: String) throws -> [String] {
    try DurableFile.list("/proc").filter { name in
      guard Int32(name) != nil, let line = try? DurableFile.read("/proc/\(name)/cmdline") else {
        return false
      }
      return line.split(separator: 0).contains { String(decoding: $0, as: UTF8.self) == argument }
    }
  }

  /// A number of seconds that is not an argument of another sleep on this machine.
  private let seconds = "3600.\(UInt32.random(in: 1_000_000...UInt32.max))"

  // MARK: Start

  @Test("A program's exit code or signal is returned")
  func ends() throws {
    #expect(try ChildProcess.run(["/bin/sh", "-c", "exit 7"]).end == .exited(7))
    #expect(try ChildProcess.run(["/bin/true"]).end == .exited(0))
    let killed = try ChildProcess.run(["/bin/sh", "-c", "kill -9 $$"]).end
    #expect(killed == .signalled(9) && killed.shellCode == 137)
    #expect("\(killed)" == "signal 9 (Killed)")
  }

  @Test("A program that can't be started is an error with its errno")
  func noSuchProgram() {
    let error = SystemError("spawn", "/no/such/program", errno: ENOENT)
    #expect(throws: error) { try ChildProcess(["/no/such/program"]) }
    #expect(throws: ProcessFailure(["/no/such/program"], .system(error))) {
      try ChildProcess.run(["/no/such/program"])
    }
  }

  @Test("A program gets exactly the given arguments and environment")
  func argumentsAndEnvironment() throws {
    #expect(try output(["/bin/echo", "a b", "$HOME;*"]) == "a b $HOME;*\n")
    #expect(try output(["/usr/bin/env"], environment: ["KEY": "a=b c"]) == "KEY=a=b c\n")
  }

  @Test("A program has its three standard descriptors, and no other")
  func descriptors() throws {
    let inherited = dup(0)
    defer { close(inherited) }
    // The fourth is ls's own descriptor of the folder.
    #expect(try output(["/bin/ls", "/proc/self/fd"]) == "0\n1\n2\n3\n")
  }

  @Test("A child has its own session, or its caller's")
  func sessions() throws {
    func session(_ text: String) throws -> (pid: Int32?, session: Int32?) {
      let fields = text.split(separator: " ")
      return (Int32(try #require(fields.first)), Int32(try #require(fields.dropFirst(5).first)))
    }
    let own = try session(try output(["/bin/cat", "/proc/self/stat"]))
    #expect(own.pid == own.session)
    let shared = try session(try output(["/bin/cat", "/proc/self/stat"], session: .callers))
    #expect(shared.session == getsid(0))
  }

  @Test("A program starts with all signals unblocked and at their defaults")
  func signals() throws {
    // SIGPIPE is ignored here, as in every program that writes to pipes; see proc(5) for the lines.
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    let lines = try output(["/bin/cat", "/proc/self/status"]).split(separator: "\n")
    for field in ["SigBlk:", "SigIgn:"] {
      let line = try #require(lines.first { $0.hasPrefix(field) })
      let set = try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
      // The bits of signals 32 and 33 belong to the C library.
      #expect(set & 0x7FFF_FFFF == 0, "\(line)")
    }
  }

  @Test("The path of the running program is found")
  func ownPath() throws {
    let path = try programPath()
    #expect(path.hasPrefix("/"))
    #expect(access(path, X_OK) == 0)
  }

  // MARK: To the end

  @Test("More input and output than pipes hold pass through a program without a deadlock")
  func muchOfBoth() throws {
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(try ChildProcess.run(["/bin/cat"], input: bytes).output == bytes)
  }

  @Test("A program may end without reading all of its input, and its parent gets no SIGPIPE")
  func inputUnread() throws {
    let before = signal(SIGPIPE, SIG_DFL)
    defer { signal(SIGPIPE, before) }
    #expect(
      try ChildProcess.run(["/bin/true"], input: Array(repeating: 65, count: 1 << 20)).end == .exited(0))
  }

  @Test("All of stdout and the end of stderr are kept, and a program with too much output is killed")
  func bounds() throws {
    let outcome = try ChildProcess.run([
      "/bin/sh", "-c", "yes wrong | head -n 100000 >&2; echo last >&2; exit 3",
    ])
    #expect(outcome.errors.count == ChildProcess.keptErrors)
    #expect(outcome.errorText.hasSuffix("wrong\nlast\n"))
    let failure = #expect(throws: ProcessFailure.self) { try outcome.success() }
    #expect(failure?.reason == .ended(.exited(3)))
    #expect("\(try #require(failure))".hasSuffix("ended with exit code 3; stderr: wrong; wrong; last"))
    let flood = #expect(throws: ProcessFailure.self) {
      try ChildProcess.run(["/usr/bin/yes"], outputLimit: 1_000_000)
    }
    #expect(flood?.reason == .tooMuchOutput(1_000_000))
  }

  @Test(
    "A program that exceeds its time limit is killed with its children, and its stderr is kept"
  )
  func timeout() throws {
    let failure = #expect(throws: ProcessFailure.self) {
      try ChildProcess.run(
        ["/bin/sh", "-c", "echo stuck >&2; sleep \(seconds) & sleep \(seconds)"], within: .milliseconds(300))
    }
    #expect(failure?.isTimeout == true && failure?.errors == "stuck\n")
    try eventually("both sleepers are gone") { try processes(withArgument: seconds).isEmpty }
  }

  @Test("The time limit also applies to a program that has closed its stdout and stderr")
  func closedOutput() throws {
    let failure = #expect(throws: ProcessFailure.self) {
      try ChildProcess.run(["/bin/sh", "-c", "exec >&- 2>&-; sleep \(seconds)"], within: .milliseconds(300))
    }
    #expect(failure?.isTimeout == true)
    try eventually("it is gone") { try processes(withArgument: seconds).isEmpty }
  }

  @Test("A program has ended though a daemon that it started still has its stdout")
  func daemon() throws {
    let outcome = try ChildProcess.run(["/bin/sh", "-c", "echo ready; setsid -f sleep \(seconds)"])
    #expect(outcome.outputText == "ready\n" && outcome.end == .exited(0))
    try eventually("the daemon runs") { try processes(withArgument: seconds).count == 1 }
    for pid in try processes(withArgument: seconds) { kill(try #require(Int32(pid)), SIGKILL) }
  }

  @Test("A cancelled task kills the program that it waits for")
  func cancellation() async throws {
    let seconds = seconds
    let task = Task { try await ChildProcess.runAsync(["/bin/sleep", seconds]).end }
    while try processes(withArgument: seconds).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    #expect(try await task.value == .signalled(SIGKILL))
  }

  // MARK: Conversation

  @Test("A child process receives and sends data until its stdin is closed")
  func conversation() throws {
    let child = try ChildProcess(["/bin/cat"], input: .pipe, output: .pipe)
    #expect(try child.read(within: .milliseconds(50)) == nil)
    for line in ["one\n", "two\n"] {
      try child.write(Array(line.utf8))
      #expect(try child.read(within: .seconds(30)) == Array(line.utf8))
    }
    #expect(try child.wait(within: .milliseconds(50)) == nil)
    child.closeInput()
    #expect(try child.read(within: .seconds(30)) == [])
    #expect(try child.wait() == .exited(0))
    #expect(throws: SystemError("write", "/bin/cat", errno: EBADF)) { try child.write([65]) }
  }

  @Test("Another descriptor ends a wait for output")
  func unless() throws {
    let child = try ChildProcess(["/bin/cat"], input: .pipe, output: .pipe)
    let other = try Descriptor.pipe()
    try other.write.write([65], to: "pipe")
    #expect(try child.read(within: .seconds(30), unless: other.read.number) == [])
  }

  @Test("A child whose stdout is closed on this side gets EPIPE")
  func closedHere() throws {
    let child = try ChildProcess(["/bin/cat"], input: .pipe, output: .pipe)
    try child.closeOutput()
    // A child that another test starts has a copy of this end until its exec, so a write before that succeeds.
    var end: ProcessEnd?
    for _ in 0..<6000 where end == nil {
      do throws(SystemError) {
        try child.write([65])
      } catch {
        if error.errno != EPIPE { throw error }
      }
      end = try child.wait(within: .milliseconds(10))
    }
    #expect(end == .signalled(SIGPIPE))
  }

  @Test("stderr can be the same as stdout")
  func errorsToOutput() throws {
    let outcome = try ChildProcess.run(["/bin/sh", "-c", "echo a; echo b >&2"], errors: .output)
    #expect(outcome.outputText == "a\nb\n" && outcome.errors == [])
  }

  // MARK: End

  @Test("The end of a child's object kills the child and its children")
  func endsWithItsObject() throws {
    do {
      let child = try ChildProcess(["/bin/sh", "-c", "sleep \(seconds) & echo ready; wait"], output: .pipe)
      #expect(try child.read() == Array("ready\n".utf8))
      try eventually("it sleeps") { try !processes(withArgument: seconds).isEmpty }
      withExtendedLifetime(child) {}
    }
    try eventually("nothing is left") { try processes(withArgument: seconds).isEmpty }
  }

  @Test("A stopped child is killed too")
  func stopped() throws {
    let child = try ChildProcess(["/bin/sleep", seconds])
    try child.signal(SIGSTOP)
    try eventually("it is stopped") { try child.identity.state() == "T" }
    #expect(child.kill() == .signalled(SIGKILL))
    #expect(try child.hasEnded() && !child.signal(SIGTERM))
  }

  @Test("A detached child outlives its object, and is reaped once it has ended")
  func detached() throws {
    let identity: ProcessIdentity
    do {
      let child = try ChildProcess(["/bin/sleep", seconds])
      identity = child.identity
      child.detach()
      #expect(try child.wait() == nil && child.kill() == nil)
    }
    try eventually("it sleeps") { try identity.state() == "S" }
    #expect(try identity.signal(SIGKILL))
    // Other tests start children meanwhile, which also reaps this one.
    try eventually("it is reaped") {
      ChildProcess.reapDetached()
      return try identity.state() == nil
    }
  }

  // MARK: Namespaces

  @Test("A command enters the namespaces of a process with the arguments of nsenter")
  func namespaceEntry() {
    #expect(
      NamespaceEntry.command(["ip", "link"], in: [.net, .mount], of: 7) == [
        "nsenter", "--target", "7", "--net", "--mount", "--", "ip", "link",
      ])
    #expect(
      NamespaceEntry.command(["ip"], inNetworkAt: "/proc/7/ns/net") == [
        "nsenter", "--net=/proc/7/ns/net", "--", "ip",
      ])
  }
}
