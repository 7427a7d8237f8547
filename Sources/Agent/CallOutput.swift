import AgentProtocol
import Glibc
import Linux

/// Where a call (`murphy-agent recover` and the like) reports: as text for people, or as the agent's lines for a
/// controller, which must tell them from what a login shell prints.
struct CallOutput {
  private let outbox: Outbox?

  /// - Parameter isForController: whether `--json` was given.
  init(isForController: Bool) {
    // A call runs to its end, whether its report can still be delivered or not.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    outbox = isForController ? Outbox(1) : nil
    outbox?.send(.greeting)
  }

  /// A line about what was done.
  func report(_ text: String) {
    if let outbox { outbox.send(.notice(.report(text))) } else { print(text) }
  }

  /// Why nothing was done.
  func refuse(_ text: String) {
    if let outbox {
      outbox.send(.notice(.refused(text)))
    } else {
      printToStandardError("murphy-agent: \(text)")
    }
  }

  /// Waits until all of it is written.
  func end() { outbox?.flush() }
}
