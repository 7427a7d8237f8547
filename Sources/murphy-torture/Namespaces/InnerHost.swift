import Glibc
import Linux

/// A pid namespace below that of the host under torture, with one program. A fault that stops all programs of its pid
/// namespace is injected there, since it must not stop torture itself.
final class InnerHost {
  private let outer: ChildProcess
  /// PID 1, as this process numbers it.
  private let initial: Int32
  private let program: ProcessIdentity

  init() throws {
    let outer = try ChildProcess([
      "unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "tini", "-s", "--", "sleep",
      "infinity",
    ])
    self.outer = outer
    (initial, program) = try TorturedHost.patiently("the inner host's program runs") {
      () -> (Int32, ProcessIdentity)? in
      guard let first = SeenProcess.children(of: outer.pid).first,
        let program = SeenProcess.children(of: first.pid).first(where: { $0.program == "sleep" })
      else { return nil }
      return (first.pid, program.identity)
    }
  }

  /// The command that runs a command there.
  func inside(_ command: [String]) -> [String] {
    NamespaceEntry.command(command, in: [.mount, .pid], of: initial)
  }

  /// Whether its program is stopped.
  var isStopped: Bool { get throws(SystemError) { try program.state() == "T" } }

  /// Sends a signal to its program.
  func signal(_ number: Int32) throws(SystemError) { _ = try program.signal(number) }
}
