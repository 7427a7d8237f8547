import Dispatch
import Glibc
import Linux
import Scenario
import Synchronization

/// One thing that every host's agent is asked to do, outside of a run.
public struct AgentCall: Sendable {
  /// What a host's agent said.
  public struct Answer: Sendable {
    /// The host's name.
    public var host: String
    /// What it printed on stdout.
    public var output = ""
    /// What it, or ssh, printed on stderr.
    public var errors = ""
    /// Its exit code, or ssh's own 255; nil where none came in time, or ssh could not be started.
    public var code: Int32?
  }

  private let words: [StaticString]
  private let input: [UInt8]
  private let patience: Nanoseconds

  /// A call.
  ///
  /// - Parameters:
  ///   - words: the agent's arguments, which a shell on the host reads.
  ///   - input: what it reads on stdin, at most 64 KiB (what a pipe holds; see pipe(7)).
  ///   - patience: how long a host may take.
  public init(_ words: [StaticString], input: [UInt8] = [], patience: Nanoseconds) {
    self.words = words
    self.input = input
    self.patience = patience
  }

  /// Asks all hosts at once, and hands over their answers in the order of the hosts, each as soon as it is there.
  public func ask(_ hosts: [Fleet.Host], configuration: String?, deliver: (Answer) -> Void)
    throws(SystemError)
  {
    var pending: [Pending] = []
    for host in hosts {
      let answer = Pending()
      pending.append(answer)
      try startThread(named: "ask \(host.name)") { answer.end(self.ask(host, configuration)) }
    }
    for answer in pending { deliver(answer.wait()) }
  }

  private func ask(_ host: Fleet.Host, _ configuration: String?) -> Answer {
    var answer = Answer(host: host.name)
    do {
      var toAgent = try Descriptor.pipe()
      var output = try Descriptor.pipe()
      var errors = try Descriptor.pipe()
      let pid = try spawn(
        AgentCommand.arguments(for: host, configuration: configuration, words),
        environment: AgentCommand.environment, input: toAgent.read.number, output: output.write.number,
        errors: errors.write.number)
      toAgent.read.close()
      output.write.close()
      errors.write.close()
      // An ssh that has ended takes nothing: its exit code tells.
      _ = input.withUnsafeBytes { write(toAgent.write.number, $0.baseAddress, $0.count) }
      toAgent.write.close()
      let texts = try Self.readAll(output.read, errors.read, until: Clock.monotonic.now + patience.count)
      if texts.isOver {
        answer.code = try reap(pid)
      } else {
        kill(pid, SIGKILL)
        _ = try reap(pid)
      }
      answer.output = String(decoding: texts.output, as: UTF8.self)
      answer.errors = String(decoding: texts.errors, as: UTF8.self)
      if !texts.isOver { answer.errors += "no end within \(patience): ssh was ended\n" }
    } catch {
      answer.errors += "\(error)\n"
    }
    return answer
  }

  /// All that comes from two descriptors; of what is said after `limit` bytes, nothing.
  private static func readAll(
    _ output: borrowing Descriptor, _ errors: borrowing Descriptor, until deadline: Int64
  ) throws(SystemError) -> (output: [UInt8], errors: [UInt8], isOver: Bool) {
    let limit = 1 << 20
    var texts: [[UInt8]] = [[], []]
    // poll(2) passes over negative numbers.
    var watched = [output.number, errors.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while watched.contains(where: { $0.fd >= 0 }) {
      let rest = (deadline - Clock.monotonic.now + 999_999) / 1_000_000
      if rest <= 0 { return (texts[0], texts[1], false) }
      try checked("poll", "ssh") { poll(&watched, 2, Int32(clamping: rest)) }
      for (index, part) in watched.enumerated() where part.fd >= 0 && part.revents != 0 {
        let bytes =
          try index == 0 ? output.read(upTo: 65536, from: "ssh") : errors.read(upTo: 65536, from: "ssh")
        if bytes.isEmpty { watched[index].fd = -1 }
        if texts[index].count < limit { texts[index] += bytes }
      }
    }
    return (texts[0], texts[1], true)
  }

  private final class Pending: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let answer = Mutex<Answer?>(nil)

    func end(_ value: Answer) {
      answer.withLock { $0 = value }
      done.signal()
    }

    func wait() -> Answer {
      done.wait()
      return answer.withLock { answer in
        guard let answer else { preconditionFailure("signalled without an answer") }
        return answer
      }
    }
  }
}
