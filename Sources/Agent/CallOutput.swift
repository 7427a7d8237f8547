import AgentProtocol
import Glibc
import Linux

/// The output of a call (`murphy-agent recover` and others): text for display, or agent lines for a controller, which
/// must distinguish them from a login shell's output.
struct CallOutput {
  private let outbox: Outbox?

  /// - Parameter isForController: whether `--json` was given.
  init(isForController: Bool) {
    // A call runs to its end, even if its report can't be delivered.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    outbox = isForController ? Outbox(1) : nil
    outbox?.send(.greeting)
  }

  /// A line about what was done.
  func report(_ text: String) {
    if let outbox { outbox.send(.notice(.report(text))) } else { print(text) }
  }

  /// A result of `murphy-agent recover`.
  func report(_ recovery: Recovery) {
    if let outbox {
      outbox.send(.notice(.report("\(recovery)", recovery: recovery)))
    } else {
      print(recovery)
    }
  }

  /// Reports why nothing was done.
  func refuse(_ text: String) {
    if let outbox {
      outbox.send(.notice(.refused(text)))
    } else {
      printToStandardError("murphy-agent: \(text)")
    }
  }

  /// Waits until everything is written.
  func end() { outbox?.flush() }
}
