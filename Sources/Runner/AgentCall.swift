import AgentProtocol
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

  /// Calls all hosts in parallel, and delivers their answers in the order of the hosts, each as soon as possible.
  package func ask(_ hosts: [Fleet.Host], configuration: String?, deliver: (Answer) -> Void)
    throws(SystemError)
  {
    let mailbox = try Mailbox<(index: Int, arrival: AgentConnection.Arrival)>()
    var answers = hosts.map { Answer(host: $0.name) }
    var connections: [Int: AgentConnection] = [:]
    for (index, host) in hosts.enumerated() {
      do throws(SystemError) {
        let connection = try AgentConnection(to: host, configuration: configuration, for: .call(word)) {
          mailbox.post((index, $0))
        }
        connection.write(input)
        connection.finish()
        connections[index] = connection
      } catch {
        answers[index].failure = "\(error)"
      }
    }
    let deadline = Clock.monotonic.now + patience.count
    var isOver = false
    for index in hosts.indices {
      while connections[index] != nil {
        if !isOver, Clock.monotonic.now >= deadline {
          isOver = true
          for connection in connections.values { connection.cut() }
        }
        mailbox.wait(nanoseconds: isOver ? 1_000_000_000 : deadline - Clock.monotonic.now)
        for (index, arrival) in mailbox.take() {
          answers[index].take(arrival)
          guard case .ended = arrival else { continue }
          connections[index] = nil
          if isOver, answers[index].code != 0 {
            answers[index].code = nil
            answers[index].failure = "no end within \(patience): ssh was killed"
          }
        }
      }
      deliver(answers[index])
    }
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
