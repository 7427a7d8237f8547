import Glibc

extension ChildProcess {
  /// How many bytes of a program's stderr are kept, from its end.
  package static let keptErrors = 1 << 16

  /// Runs a program to its end.
  ///
  /// Output that the program's own children write after its end is not waited for.
  ///
  /// - Parameters:
  ///   - input: the bytes for its stdin.
  ///   - errors: `.output` merges its stderr into `ProcessOutcome.output`.
  ///   - limit: how long it may run before it is killed.
  ///   - outputLimit: how many bytes it may write to stdout before it is killed.
  package static func run(
    _ command: [String], environment: [String: String] = ToolEnvironment.bare, session: Session = .own,
    input: [UInt8] = [], errors: Stream = .pipe, within limit: Duration? = nil,
    outputLimit: Int = 1 << 26
  ) throws(ProcessFailure) -> ProcessOutcome {
    let child = try start(command, environment, session, input.isEmpty ? .null : .pipe, errors)
    return try child.collect(input, within: limit, outputLimit: outputLimit)
  }

  /// `run` for callers that must not block their thread. Cancelling the task kills the program.
  package static func runAsync(
    _ command: [String], environment: [String: String] = ToolEnvironment.bare, session: Session = .own,
    input: [UInt8] = [], within limit: Duration? = nil, outputLimit: Int = 1 << 26
  ) async throws(ProcessFailure) -> ProcessOutcome {
    let child = try start(command, environment, session, input.isEmpty ? .null : .pipe, .pipe)
    let result = await withTaskCancellationHandler {
      await onThread(named: "run \(command[0])") { () throws(ProcessFailure) in
        try child.collect(input, within: limit, outputLimit: outputLimit)
      } otherwise: {
        ProcessFailure(command, .system($0))
      }
    } onCancel: {
      child.strike()
    }
    return try result.get()
  }

  /// `wait` for callers that must not block their thread.
  package func ended() async throws(SystemError) -> ProcessEnd {
    try await onThread(named: "wait \(name)") { [self] () throws(SystemError) in
      if let end = try wait() { return end }
      throw SystemError("wait for", name, errno: ECHILD)
    } otherwise: {
      $0
    }.get()
  }

  /// Waits for a line on the child's stdout, without blocking the caller's thread. Bytes after the line in the same
  /// write are lost. Empty if stdout ends first.
  package func nextLine() async throws(SystemError) -> String {
    try await onThread(named: "read \(name)") { [self] () throws(SystemError) in
      var bytes: [UInt8] = []
      while !bytes.contains(UInt8(ascii: "\n")) {
        guard let part = try read(), !part.isEmpty else { return "" }
        bytes += part
      }
      return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    } otherwise: {
      $0
    }.get()
  }

  private static func start(
    _ command: [String], _ environment: [String: String], _ session: Session, _ input: Stream,
    _ errors: Stream
  ) throws(ProcessFailure) -> ChildProcess {
    do throws(SystemError) {
      return try ChildProcess(
        command, environment: environment, session: session, input: input, output: .pipe, errors: errors)
    } catch {
      throw ProcessFailure(command, .system(error))
    }
  }

  private enum Stop { case end, deadline, outputLimit }

  private struct Collected {
    var rest: ArraySlice<UInt8>
    var output: [UInt8] = []
    var errors: [UInt8] = []
  }

  private func collect(_ input: [UInt8], within limit: Duration?, outputLimit: Int) throws(ProcessFailure)
    -> ProcessOutcome
  {
    var collected = Collected(rest: input[...])
    var reason = ProcessFailure.Reason.timeout(limit ?? .zero)
    do throws(SystemError) {
      switch try follow(&collected, until: Deadline(limit), outputLimit: outputLimit) {
      case .end:
        if let end = try wait() {
          return ProcessOutcome(
            command: command, end: end, output: collected.output, errors: collected.errors)
        }
        reason = .system(SystemError("wait for", name, errno: ECHILD))
      case .deadline: break
      case .outputLimit: reason = .tooMuchOutput(outputLimit)
      }
    } catch {
      reason = .system(error)
    }
    kill()
    throw ProcessFailure(command, reason, errors: String(decoding: collected.errors, as: UTF8.self))
  }

  /// Writes the input and reads the output until the child has ended.
  private func follow(_ collected: inout Collected, until deadline: Deadline, outputLimit: Int)
    throws(SystemError) -> Stop
  {
    if collected.rest.isEmpty { closeInput() }
    for number in [output.number, errors.number, inputNumber] where number >= 0 {
      // O_NONBLOCK applies to this process's ends only; the child's ends still block.
      try checked("fcntl", name) { fcntl(number, F_SETFL, O_NONBLOCK) }
    }
    // poll(2) ignores negative numbers.
    var watched = [end, output.number, errors.number].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    watched.append(pollfd(fd: inputNumber, events: Int16(POLLOUT), revents: 0))
    while true {
      try checked("poll", name) { poll(&watched, 4, deadline.milliseconds) }
      let hasEnded = watched[0].revents != 0
      // Once the child has ended, all of its output is in the pipes. Its own children may write forever, so reading
      // stops after one full pipe.
      for _ in 0..<(hasEnded ? Self.fullestPipe : 1) {
        if watched[1].fd >= 0 { try take(output, &watched[1], into: &collected.output) }
        if watched[2].fd >= 0 { try take(errors, &watched[2], into: &collected.errors) }
        if collected.output.count > outputLimit { return .outputLimit }
        collected.errors = collected.errors.suffix(Self.keptErrors)
      }
      if hasEnded { return .end }
      if watched[3].revents != 0 { try give(&collected.rest, &watched[3]) }
      if deadline.isOver { return .deadline }
    }
  }

  /// The number of reads that empty a pipe of the greatest capacity: see /proc/sys/fs/pipe-max-size in pipe(7).
  private static let fullestPipe = 16

  private func take(_ stream: borrowing Descriptor, _ watched: inout pollfd, into bytes: inout [UInt8])
    throws(SystemError)
  {
    do throws(SystemError) {
      let part = try stream.read(upTo: 65536, from: name)
      if part.isEmpty { watched.fd = -1 }
      bytes += part
    } catch {
      if error.errno != EAGAIN { throw error }
    }
  }

  private func give(_ rest: inout ArraySlice<UInt8>, _ watched: inout pollfd) throws(SystemError) {
    do throws(SystemError) {
      rest = rest.dropFirst(try writeOnce(rest))
      if !rest.isEmpty { return }
    } catch {
      if error.errno == EAGAIN { return }
      // EPIPE: the child stopped reading. Its exit code shows whether that was an error.
      if error.errno != EPIPE { throw error }
    }
    watched.fd = -1
    closeInput()
  }
}
