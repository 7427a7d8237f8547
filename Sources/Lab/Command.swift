import FoundationEssentials
import Linux

/// The commands of a lab, with errors in its terms.
enum Command {
  /// Runs `argv`. A status other than 0 is no error.
  static func run(_ argv: [String], input: String = "") async throws(LabError) -> ProcessOutcome {
    do throws(ProcessFailure) {
      return try await ChildProcess.runAsync(
        argv, environment: environment, session: .callers, input: Array(input.utf8),
        outputLimit: 1 << 20)
    } catch {
      throw .command(argv.joined(separator: " "), status: "could not be run", output: "\(error)")
    }
  }

  /// Runs `argv` and returns its stdout; a status other than 0 is an error, named by `what` was attempted.
  @discardableResult
  static func output(_ argv: [String], input: String = "", doing what: String) async throws(LabError)
    -> String
  {
    let outcome = try await run(argv, input: input)
    guard outcome.end.isSuccess else {
      throw .command(what, status: "\(outcome.end)", output: outcome.message)
    }
    return outcome.outputText
  }

  /// One PATH and one language whatever the caller's are: texts of these commands are read.
  static let environment = ProcessInfo.processInfo.environment.merging([
    "PATH": ToolEnvironment.path, "LC_ALL": "C.UTF-8",
  ]) { $1 }
}

extension ProcessOutcome {
  /// What the command wrote last, in one line, for a reason that a person reads.
  var message: String {
    let text = errors.isEmpty ? outputText : errorText
    return text.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
  }
}
