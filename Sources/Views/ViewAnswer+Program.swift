import Linux
import Scenario

extension ViewAnswer {
  /// Runs a program. If it doesn't end by itself, the answer has the reason, because a view must show a tool that
  /// hangs.
  package init(running command: [String], within limit: Nanoseconds, outputLimit: Int) {
    do throws(ProcessFailure) {
      let outcome = try ChildProcess.run(
        command, within: .nanoseconds(limit.count), outputLimit: outputLimit)
      let code = outcome.end.code
      self.init(outcome.outputText, exitCode: code, failure: code == nil ? "ended with \(outcome.end)" : nil)
    } catch {
      self.init("", failure: "\(error)")
    }
  }
}
