import FoundationEssentials
import Linux

/// Runs commands, with errors of type `LabError`.
enum Command {
  /// Runs `argv`. An exit code other than 0 is not an error.
  static func run(_ argv: [String], input: String = "") async throws(LabError) -> ProcessOutcome {
    do throws(ProcessFailure) {
      return try await ChildProcess.runAsync(
        argv, environment: environment, session: .callers, input: Array(input.utf8),
        outputLimit: 1 << 20)
    } catch {
      throw .command(argv.joined(separator: " "), status: "could not be run", output: "\(error)")
    }
  }

  /// Runs `argv` and returns its stdout. An exit code other than 0 is an error; `what` describes the operation.
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

  /// A fixed PATH and locale, since the output of these commands is parsed.
  static let environment = ProcessInfo.processInfo.environment.merging([
    "PATH": ToolEnvironment.path, "LC_ALL": "C.UTF-8",
  ]) { $1 }
}

extension ProcessOutcome {
  /// The last output of the command in one line, for error messages.
  var message: String {
    let text = errors.isEmpty ? outputText : errorText
    return text.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
  }
}
