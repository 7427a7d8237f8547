import Glibc
import HostTesting
import Linux
import Testing

struct SpawnTests {
  /// What a program printed, and its exit code.
  private func run(_ arguments: [String], environment: [String: String] = [:], newSession: Bool = false)
    throws -> (text: String, code: Int32)
  {
    var pipe = try Descriptor.pipe()
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    let pid = try spawn(
      arguments, environment: environment, input: null.number, output: pipe.write.number,
      errors: null.number, newSession: newSession)
    pipe.write.close()
    var bytes: [UInt8] = []
    while true {
      let part = try pipe.read.read(upTo: 4096, from: "pipe")
      if part.isEmpty { break }
      bytes += part
    }
    return (String(decoding: bytes, as: UTF8.self), try reap(pid))
  }

  @Test func exitCodesComeBack() throws {
    #expect(try run(["/bin/sh", "-c", "exit 7"]).code == 7)
    #expect(try run(["/bin/true"]).code == 0)
    #expect(try run(["/bin/sh", "-c", "kill -9 $$"]).code == -1)
    #expect(throws: SystemError("spawn", "/no/such/program", errno: ENOENT)) {
      try spawn(["/no/such/program"], environment: [:], input: 0, output: 1, errors: 2)
    }
    #expect(throws: SystemError("waitpid", "\(getpid())", errno: ECHILD)) { try reap(getpid()) }
  }

  @Test func argumentsAndEnvironmentAreJustThose() throws {
    #expect(try run(["/bin/echo", "a b", "$HOME;*"]).text == "a b $HOME;*\n")
    #expect(try run(["/usr/bin/env"], environment: ["KEY": "a=b c"]).text == "KEY=a=b c\n")
  }

  @Test func onlyStandardDescriptorsAreOpen() throws {
    let inherited = dup(0)
    defer { close(inherited) }
    // The fourth is the listing's own.
    #expect(try run(["/bin/ls", "/proc/self/fd"]).text == "0\n1\n2\n3\n")
  }

  @Test func aNewSessionIsItsOwn() throws {
    func session(_ text: String) throws -> (pid: Int32?, session: Int32?) {
      let fields = text.split(separator: " ")
      return (Int32(try #require(fields.first)), Int32(try #require(fields.dropFirst(5).first)))
    }
    let own = try session(try run(["/bin/cat", "/proc/self/stat"], newSession: true).text)
    #expect(own.pid == own.session)
    let shared = try session(try run(["/bin/cat", "/proc/self/stat"]).text)
    #expect(shared.session == getsid(0))
  }

  /// Whoever starts a program may have blocked or ignored signals; the program has them as usual.
  @Test func signalsAreAtTheirDefaults() throws {
    // Ignored here, as every writer to pipes does; see proc(5) for the lines.
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    let lines = try run(["/bin/cat", "/proc/self/status"]).text.split(separator: "\n")
    for field in ["SigBlk:", "SigIgn:"] {
      let line = try #require(lines.first { $0.hasPrefix(field) })
      let set = try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
      // The bits of signals 32 and 33 are the C library's own.
      #expect(set & 0x7FFF_FFFF == 0, "\(line)")
    }
  }

  @Test func theProgramKnowsItsOwnPath() throws {
    let path = try programPath()
    #expect(path.hasPrefix("/"))
    #expect(access(path, X_OK) == 0)
  }
}
