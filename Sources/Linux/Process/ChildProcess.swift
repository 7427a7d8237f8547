import CLinux
import Glibc
import Synchronization

/// A child process. Only this type starts, signals and reaps programs in this package.
///
///     running ──(it ends, is killed, or this object is released)──> ended
///        └──(detach)──> detached: it outlives this object
///
/// A child that is neither detached nor ended is killed when this object is released, together with all processes of
/// its own session. Signals go through a pidfd, so that they can't reach another process that was given the same id.
package final class ChildProcess: Sendable {
  /// What a standard descriptor of the child is connected to.
  package enum Stream: Sendable {
    case null
    /// A pipe whose other end this object holds.
    case pipe
    /// The same as this process's.
    case inherited
    /// An open descriptor, which the caller continues to own.
    case descriptor(Int32)
    /// For stderr: the same as stdout.
    case output
  }

  /// The session and process group that the child belongs to.
  package enum Session: Sendable {
    /// Its own session. Signals to the caller's process group, such as Ctrl-C, don't reach the child, and `kill`
    /// ends all processes of the session.
    case own
    /// The caller's session and process group: for a child that shares a terminal with this process.
    case callers
  }

  private enum State {
    case running
    case ended(ProcessEnd)
    case detached
  }

  package let command: [String]
  package let pid: Int32
  /// The child's identity, valid after its end too.
  package let identity: ProcessIdentity
  /// The read end of the child's stdout; number -1 unless that is a pipe.
  package let output: Descriptor
  /// The read end of the child's stderr; number -1 unless that is a pipe.
  package let errors: Descriptor

  private let session: Session
  private let handle: Descriptor
  private let input: Mutex<Descriptor>
  private let state = Mutex(State.running)

  /// Starts a program; see posix_spawn(3). The child gets three open descriptors, no blocked or ignored signals, and
  /// the network namespace of the calling thread.
  ///
  /// - Parameter command: the program, searched in this process's PATH, and its arguments. No shell is involved.
  package init(
    _ command: [String], environment: [String: String] = ToolEnvironment.bare, session: Session = .own,
    input: Stream = .null, output: Stream = .null, errors: Stream = .null
  ) throws(SystemError) {
    Self.reapDetached()
    let stdin = try Plumbing(input, inherited: 0)
    let stdout = try Plumbing(output, inherited: 1)
    let stderr = try Plumbing(errors, inherited: 2, output: stdout.number)
    let argv = command.map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let result = clinux_spawn(
      &pid, argv[0], argv, envp, stdin.number, stdout.number, stderr.number, session == .own ? 1 : 0)
    if result != 0 { throw SystemError("spawn", command.first ?? "", errno: result) }
    self.command = command
    self.pid = pid
    self.session = session
    do throws(SystemError) {
      handle = try Descriptor(process: pid)
      identity = try ProcessIdentity(pid: pid)
    } catch {
      Glibc.kill(session == .own ? -pid : pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw error
    }
    self.input = Mutex(stdin.intoOwn())
    self.output = stdout.intoOwn()
    self.errors = stderr.intoOwn()
  }

  deinit { kill() }

  // MARK: Conversation

  /// Writes all bytes to the child's stdin; blocks while the pipe is full.
  ///
  /// - Throws: `SystemError` with EPIPE if the child closed its stdin, and EBADF after `closeInput`. No SIGPIPE is
  ///   raised.
  package func write(_ bytes: some Collection<UInt8>) throws(SystemError) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty { rest = rest.dropFirst(try writeOnce(rest)) }
  }

  func writeOnce(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
    try input.withLock { (input) throws(SystemError) in
      try checked("write", name) {
        bytes.withUnsafeBytes { clinux_write_to_pipe(input.number, $0.baseAddress, $0.count) }
      }
    }
  }

  /// -1 unless the child's stdin is a pipe that is still open here.
  var inputNumber: Int32 { input.withLock { $0.number } }

  /// Closes the child's stdin.
  package func closeInput() { input.withLock { if $0.number >= 0 { $0.close() } } }

  /// Closes this end of the child's stdout: later writes of the child fail with EPIPE.
  package func closeOutput() throws(SystemError) {
    // /dev/null keeps the number in use while this object exists, so that a thread that waits on it can't read another
    // file.
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    try checked("dup3", name) { clinux_replace(null.number, output.number) }
  }

  /// Waits for output on the child's stdout and reads it.
  ///
  /// - Parameter other: a descriptor that ends the wait when it is readable.
  /// - Returns: empty at the end of stdout, and if `other` was readable first; nil on timeout.
  package func read(within limit: Duration? = nil, unless other: Int32 = -1) throws(SystemError) -> [UInt8]? {
    let deadline = Deadline(limit)
    var watched = [other, output.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
      let count = try checked("poll", name) { poll(&watched, 2, deadline.milliseconds) }
      if watched[0].revents != 0 { return [] }
      if count > 0 { return try output.read(upTo: 65536, from: name) }
      if deadline.isOver { return nil }
    }
  }

  // MARK: End

  /// Waits for the child to end, and reaps it. Processes that the child left running, such as a daemon, are not
  /// killed.
  ///
  /// - Returns: how it ended; nil on timeout, or if it is detached.
  @discardableResult
  package func wait(within limit: Duration? = nil) throws(SystemError) -> ProcessEnd? {
    let deadline = Deadline(limit)
    while true {
      switch try reap() {
      case .ended(let end): return end
      case .detached: return nil
      case .running: break
      }
      if deadline.isOver { return nil }
      var watched = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
      try checked("poll", name) { poll(&watched, 1, deadline.milliseconds) }
    }
  }

  /// Readable when the child has ended: for poll(2) and epoll(7).
  package var end: Int32 { handle.number }

  /// Whether it has ended. If so, it is reaped.
  package func hasEnded() throws(SystemError) -> Bool {
    if case .ended = try reap() { true } else { false }
  }

  /// Sends a signal to the child only; false if it has ended.
  @discardableResult
  package func signal(_ number: Int32) throws(SystemError) -> Bool {
    do throws(SystemError) {
      try handle.signal(number)
      return true
    } catch {
      if error.errno == ESRCH { return false }
      throw error
    }
  }

  /// Kills the child and all processes of its own session, and reaps it.
  ///
  /// A child that doesn't end within a second, since it is in uninterruptible sleep, is reaped later: the caller must
  /// not hang with it.
  @discardableResult
  package func kill() -> ProcessEnd? {
    // If the wait fails, the child goes to the same list.
    if strike(), (try? wait(within: .seconds(1))) == nil { detach() }
    return state.withLock { if case .ended(let end) = $0 { end } else { nil } }
  }

  /// Kills as `kill` does, without waiting; false if the child has ended or is detached.
  @discardableResult
  package func strike() -> Bool {
    state.withLock { state in
      guard case .running = state else { return false }
      // The kernel doesn't reuse the pid or the process group id before the child is reaped.
      Glibc.kill(session == .own ? -pid : pid, SIGKILL)
      return true
    }
  }

  /// Lets the child outlive this object. `reapDetached` reaps it after its end.
  package func detach() {
    state.withLock { state in
      guard case .running = state else { return }
      state = .detached
      Self.detached.withLock { _ = $0.insert(pid) }
    }
  }

  /// Reaps the detached children that have ended. Starting another child also does this.
  package static func reapDetached() {
    detached.withLock { pids in
      // The only error is ECHILD: no such child, so nothing to reap.
      pids = pids.filter { waitpid($0, nil, WNOHANG) == 0 }
    }
  }

  private static let detached = Mutex<Set<Int32>>([])

  var name: String { command.first ?? "" }

  private func reap() throws(SystemError) -> State {
    try state.withLock { (state) throws(SystemError) in
      guard case .running = state else { return state }
      var watched = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
      guard try checked("poll", name, { poll(&watched, 1, 0) }) == 1 else { return state }
      var status: Int32 = 0
      try checked("waitpid", "\(pid)") { waitpid(pid, &status, 0) }
      state = .ended(ProcessEnd(status: status))
      return state
    }
  }
}

/// Both ends of one standard descriptor of a child.
private struct Plumbing: ~Copyable {
  /// The child's end.
  let number: Int32
  /// Closed here after the child has inherited it.
  private let theirs: Descriptor
  private let ours: Descriptor

  init(_ stream: ChildProcess.Stream, inherited: Int32, output: Int32 = -1) throws(SystemError) {
    switch stream {
    case .null:
      var null = try Descriptor(open: "/dev/null", O_RDWR)
      try null.moveAboveStandard()
      theirs = null
      ours = Descriptor(owning: -1)
      number = theirs.number
    case .pipe:
      var pipe = try Descriptor.pipe()
      try pipe.read.moveAboveStandard()
      try pipe.write.moveAboveStandard()
      if inherited == 0 {
        theirs = pipe.read
        ours = pipe.write
      } else {
        theirs = pipe.write
        ours = pipe.read
      }
      number = theirs.number
    case .inherited, .descriptor, .output:
      theirs = Descriptor(owning: -1)
      ours = Descriptor(owning: -1)
      number =
        switch stream {
        case .descriptor(let number): number
        case .output: output
        default: inherited
        }
    }
  }

  consuming func intoOwn() -> Descriptor { ours }
}
