import AgentProtocol
import Conductor
import Linux
import Scenario

/// One request to every host's agent, outside a run.
package struct AgentCall: Sendable {
  /// The answer of a host's agent.
  package struct Answer: Sendable {
    package var host: String
    /// A line for each thing that was done on the host.
    package var report: [String] = []
    /// The agent's exit code, or ssh's own 255; nil if it was killed, or could not be started.
    package var code: Int32?
    /// The reason and the next step if it failed; nil if it succeeded.
    package var failure: String?
    /// The output of the login shell, without the agent's report; nil if there was none.
    package var printed: String?
    package var errors: [String] = []
  }

  private let word: StaticString
  private let input: [UInt8]
  private let patience: Nanoseconds

  /// A call.
  ///
  /// - Parameters:
  ///   - word: the agent's argument, which a shell on the host interprets.
  ///   - input: the bytes for its stdin.
  ///   - patience: the time limit per host.
  package init(_ word: StaticString, input: [UInt8] = [], patience: Nanoseconds) {
    self.word = word
    self.input = input
    self.patience = patience
  }

  /// Calls all hosts, some at a time, and delivers their answers in the order of the hosts, each as soon as possible.
  package func ask(_ hosts: [Fleet.Host], configuration: String?, deliver: (Answer) -> Void)
    throws(SystemError)
  {
    let mailbox = try Mailbox<(index: Int, arrival: AgentConnection.Arrival)>()
    var answers = hosts.map { Answer(host: $0.name) }
    var calls: [Int: Call] = [:]
    var waiting = hosts.indices[...]
    for index in hosts.indices {
      while true {
        while calls.count < Admission.mostDials, let next = waiting.popFirst() {
          do throws(SystemError) {
            calls[next] = try begin(hosts[next], configuration) { mailbox.post((next, $0)) }
          } catch {
            answers[next].failure = "\(error)"
          }
        }
        if calls[index] == nil { break }
        let now = Clock.monotonic.now
        for index in calls.keys where calls[index]?.isOver(at: now) == true { calls[index]?.cut() }
        mailbox.wait(nanoseconds: (calls.values.map(\.deadline).min() ?? now) - now)
        for (index, arrival) in mailbox.take() {
          answers[index].take(arrival)
          guard case .ended = arrival, let call = calls.removeValue(forKey: index) else { continue }
          if call.isCut, answers[index].code != 0 {
            answers[index].code = nil
            answers[index].failure = "no end within \(patience): ssh was killed"
          }
        }
      }
      deliver(answers[index])
    }
  }

  /// A call that has begun.
  private struct Call {
    let connection: AgentConnection
    /// When it is cut; after that, when its end is expected.
    var deadline: Int64
    var isCut = false

    func isOver(at now: Int64) -> Bool { now >= deadline }

    mutating func cut() {
      connection.cut()
      isCut = true
      deadline = Clock.monotonic.now + 1_000_000_000
    }
  }

  private func begin(
    _ host: Fleet.Host, _ configuration: String?,
    deliver: @escaping @Sendable (AgentConnection.Arrival) -> Void
  ) throws(SystemError) -> Call {
    let connection = try AgentConnection(
      to: host, configuration: configuration, for: .call(word), deliver: deliver)
    connection.write(input)
    connection.finish()
    return Call(connection: connection, deadline: Clock.monotonic.now + patience.count)
  }
}

extension AgentCall.Answer {
  fileprivate mutating func take(_ arrival: AgentConnection.Arrival) {
    switch arrival {
    case .line(.notice(.report(let line, _))), .line(.notice(.warning(let line))): report.append(line)
    case .line: break
    case .printed(let text): printed = text
    case .ended(let end):
      code = end.code
      errors = end.errors
      if end.code != 0 || !end.isAnswered { failure = end.reason }
    }
  }
}
