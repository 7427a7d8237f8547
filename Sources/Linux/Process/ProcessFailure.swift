/// Why a program failed.
package struct ProcessFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    /// A system call failed, for example the start of the program.
    case system(SystemError)
    /// It was killed because it exceeded its time limit.
    case timeout(Duration)
    /// It was killed because it wrote more than this many bytes to stdout.
    case tooMuchOutput(Int)
    /// It ended with another exit code than 0, or by a signal.
    case ended(ProcessEnd)
  }

  package var command: [String]
  package var reason: Reason
  /// The end of its stderr.
  package var errors: String

  package init(_ command: [String], _ reason: Reason, errors: String = "") {
    self.command = command
    self.reason = reason
    self.errors = errors
  }

  package var isTimeout: Bool { if case .timeout = reason { true } else { false } }

  /// For example `gluster volume list: no end within 8.0 seconds; stderr: Connection failed`.
  package var description: String {
    let what =
      switch reason {
      case .system(let error): "\(error)"
      case .timeout(let limit): "no end within \(limit)"
      case .tooMuchOutput(let limit): "more than \(limit) bytes on stdout"
      case .ended(let end): "ended with \(end)"
      }
    let lines = errors.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
    return "\(command.joined(separator: " ")): \(what)\(lines.isEmpty ? "" : "; stderr: \(lines)")"
  }
}
