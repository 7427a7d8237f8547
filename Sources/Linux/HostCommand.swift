import Glibc

/// A tool of the platform that is asked what it believes: never to inject or to revert.
package enum HostCommand {
  /// What programs get that the agent starts.
  package static let bareEnvironment = [
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
  ]

  /// Runs a fixed program and returns what it printed on stdout. Blocks for at most `patience`; then the program is
  /// killed, as is one that prints more than fits a line of the agent's.
  ///
  /// - Parameter environment: nil for the bare one that an agent's own programs get.
  package static func output(
    of arguments: [String], environment: [String: String]? = nil, patience: Int64
  ) throws(SystemError) -> String {
    var pipe = try Descriptor.pipe()
    let reader = pipe.read.number
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    let pid = try spawn(
      arguments, environment: environment ?? bareEnvironment, input: null.number,
      output: pipe.write.number,
      errors: null.number, newSession: true)
    // The reading end alone stays open here, so that the program's end is seen.
    pipe.write.close()
    let limit = 1 << 20
    let deadline = Clock.monotonic.now + patience
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let rest = (deadline - Clock.monotonic.now) / 1_000_000
      var ready = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
      let count = rest > 0 ? poll(&ready, 1, Int32(rest)) : 0
      if count < 0, errno == EINTR { continue }
      if count == 0 || bytes.count > limit {
        // Its children too, which may hold what it waits for.
        kill(-pid, SIGKILL)
        _ = try reap(pid)
        throw SystemError(
          "wait for", arguments.joined(separator: " "), errno: count == 0 ? ETIMEDOUT : EFBIG)
      }
      let length = read(reader, &buffer, buffer.count)
      if length < 0, errno == EINTR { continue }
      if length <= 0 { break }
      bytes += buffer[..<length]
    }
    _ = try reap(pid)
    return String(decoding: bytes, as: UTF8.self)
  }
}
