import Subprocess

/// A process that was run to its end.
struct Command: Sendable {
  let argv: [String]
  let status: TerminationStatus
  /// At most 1 MiB each; a command that writes more is an error.
  let output: String
  let errors: String

  var succeeded: Bool { status.isSuccess }

  /// What the command said, in one line, for a reason that a person reads.
  var message: String {
    let text = errors.isEmpty ? output : errors
    return text.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
  }

  /// Runs `argv`, found by PATH, with an empty stdin. A status other than 0 is no error.
  static func run(_ argv: [String], input: String = "") async throws(LabError) -> Command {
    do {
      let result = try await Subprocess.run(
        .name(argv[0]), arguments: Arguments(Array(argv.dropFirst())), environment: environment,
        input: .string(input), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
      return Command(
        argv: argv, status: result.terminationStatus, output: result.standardOutput,
        errors: result.standardError)
    } catch {
      throw .command(argv.joined(separator: " "), status: "could not be run", output: "\(error)")
    }
  }

  /// Runs `argv` and returns its stdout; a status other than 0 is an error, named by `what` was attempted.
  @discardableResult
  static func output(_ argv: [String], input: String = "", doing what: String) async throws(LabError)
    -> String
  {
    let command = try await run(argv, input: input)
    guard command.succeeded else {
      throw .command(what, status: "\(command.status)", output: command.message)
    }
    return command.output
  }

  /// One PATH and one language whatever the caller's are: texts of these commands are read.
  static let environment = Environment.inherit.updating([
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
  ])
}
