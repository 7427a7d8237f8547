import AgentProtocol
import Dispatch
import Glibc
import Linux
import Scenario
import Synchronization

/// One ssh process to a host's agent. It carries lines in both directions until it ends.
final class AgentConnection: Sendable {
  enum Arrival: Sendable {
    /// A message of an agent that has already sent its greeting; the greeting itself only if the version differs.
    case line(AgentLine)
    /// The output of the login shell, without the agent's messages, for display. Delivered once.
    case printed(String)
    case ended(End)
  }

  /// The end of an ssh process.
  struct End: Sendable {
    /// Its exit code; nil if this side killed it, or if it could not be started.
    var code: Int32?
    /// Whether the agent had sent its first message.
    var isAnswered = false
    var cause: Cause?
    /// The reason and the next step, for display.
    var reason: String
    /// The last lines of its stderr.
    var errors: [String] = []

    /// What ended it, as far as its output and its exit code show.
    enum Cause: Sendable {
      /// This side: no answer in time, an endless output, or a message that it can't use.
      case thisSide
      /// The agent refused, with its own reason.
      case refusedByAgent
      /// Something after the agent's first message.
      case endedAfterAnswer
      /// Before the agent's first message: ssh has no connection.
      case noConnection
      case noSudo, sudoRefused, noAgent, agentNotExecutable
      /// The agent doesn't accept its arguments.
      case otherVersion
      /// The agent's exit code is a refusal, without a message.
      case refused
      /// The login shell, or the agent at the controller.
      case endedSilently
    }
  }

  /// The time limits for an agent's first answer.
  struct Patience: Sendable {
    /// The value of ssh's ConnectTimeout, in seconds.
    var connect: Int
    /// The time until the agent's first message; nil for no limit beyond ssh's own.
    var greeting: Nanoseconds?

    /// For a host that hasn't answered before, possibly through jump hosts.
    static let first = Patience(connect: 10, greeting: .seconds(15))

    /// For a host whose agent took this long the first time. A short timeout finds a restored path sooner, since TCP
    /// retries at intervals that double. If a login is slow under a fault, the agent may already hold the host lock,
    /// and killing it would end faults.
    static func again(first: Int64) -> Patience {
      Patience(connect: min(10, max(3, Int(first / 500_000_000) + 1)))
    }
  }

  private let ssh: ChildProcess
  private let queue: DispatchQueue

  /// Starts `ssh DESTINATION murphy-agent`; see `AgentCommand`.
  ///
  /// - Parameter deliver: called on the connection's own thread.
  convenience init(
    to host: Fleet.Host, configuration: String?, for purpose: AgentCommand.Purpose = .session,
    patience: Patience = .first, deliver: @escaping @Sendable (Arrival) -> Void
  ) throws(SystemError) {
    // A separate session: Ctrl-C on the terminal is for the controller, which then sends the reverts through this ssh.
    try self.init(
      running: AgentCommand.arguments(
        for: host, configuration: configuration, purpose, connectTimeout: patience.connect),
      AgentTranscript(host, purpose, configuration: configuration), named: host.name, patience, deliver)
  }

  /// Starts `murphy-agent` on this machine, as the controller's own.
  convenience init(
    toController place: Fleet.Controller, deliver: @escaping @Sendable (Arrival) -> Void
  ) throws(SystemError) {
    try self.init(
      running: AgentCommand.arguments(atController: place),
      AgentTranscript(AgentCommand.here, .session, configuration: nil, isHere: true),
      named: Site.controller.name,
      .first, deliver)
  }

  private init(
    running command: [String], _ transcript: AgentTranscript, named name: String, _ patience: Patience,
    _ deliver: @escaping @Sendable (Arrival) -> Void
  ) throws(SystemError) {
    try Self.limit.get()
    ssh = try ChildProcess(
      command, environment: AgentCommand.environment, session: .own, input: .pipe, output: .pipe,
      errors: .pipe)
    queue = DispatchQueue(label: "to \(name)")
    let ssh = ssh
    try startThread(named: "from \(name)") { Self.follow(ssh, transcript, patience.greeting, deliver) }
  }

  deinit { ssh.closeInput() }

  /// The limit of open descriptors, raised at the first connection. Each connection has four, and Debian's standard
  /// limit is 1,024.
  private static let limit = Result { () throws(SystemError) in try raiseDescriptorLimit() }

  /// Delivers stdout and stderr until ssh ends or must be killed.
  private static func follow(
    _ ssh: ChildProcess, _ start: AgentTranscript, _ patience: Nanoseconds?, _ deliver: (Arrival) -> Void
  ) {
    var transcript = start
    let greetingDue = patience.map { Clock.monotonic.now + $0.count } ?? .max
    // Processes that ssh started may keep its stderr open after its end.
    var errorsDue = Int64.max
    var watched = [ssh.output.number, ssh.errors.number].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    // There is one for each host.
    var buffer = [UInt8](repeating: 0, count: 16384)
    while watched.contains(where: { $0.fd >= 0 }), transcript.verdict == nil {
      let due = transcript.isAnswered || watched[0].fd < 0 ? errorsDue : greetingDue
      let rest = due == .max ? -1 : max(0, (due - Clock.monotonic.now + 999_999) / 1_000_000)
      if rest == 0 {
        if let patience, errorsDue == .max { transcript.giveUp(after: patience) }
        break
      }
      // poll(2) ignores negative numbers.
      if poll(&watched, 2, Int32(clamping: rest)) < 0 { continue }
      for index in [1, 0] where watched[index].fd >= 0 && watched[index].revents != 0 {
        let count = read(watched[index].fd, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 {
          watched[index].fd = -1
          if index == 0 { errorsDue = Clock.monotonic.now + 1_000_000_000 }
        } else if index == 0 {
          for arrival in transcript.takeOutput(buffer[..<count]) { deliver(arrival) }
        } else {
          transcript.takeErrors(buffer[..<count])
        }
      }
    }
    if transcript.verdict != nil { ssh.kill() }
    let end = (try? ssh.wait()) ?? .signalled(SIGKILL)
    deliver(.ended(transcript.end(code: end.code ?? -1)))
  }

  /// Sends a request. A path that is cut buffers it; this call doesn't wait.
  func send(_ request: RequestLine) throws { write(try WireCoding.line(request)) }

  func write(_ bytes: [UInt8]) {
    // A write fails if ssh has ended. The end of its stdout reports that.
    queue.async { [self] in try? ssh.write(bytes) }
  }

  /// Closes the agent's stdin. The agent ends when it has no lease left.
  func finish() { queue.async { [self] in ssh.closeInput() } }

  /// Kills the ssh process.
  func cut() { ssh.strike() }
}
