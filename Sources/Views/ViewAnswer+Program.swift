import Linux
import Scenario

extension ViewAnswer {
  /// Runs a program. What keeps it from ending by itself is in the answer: a view must show a tool that hangs.
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
