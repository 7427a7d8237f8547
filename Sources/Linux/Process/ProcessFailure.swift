/// Why a program did not run to its end as it must.
package struct ProcessFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    /// A system call failed: the program could not be started, say.
    case system(SystemError)
    /// It was killed, since it had not ended.
    case timeout(Duration)
    /// It was killed, since it wrote more than so many bytes to stdout.
    case tooMuchOutput(Int)
    /// It ended, but not with exit code 0.
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

  /// `gluster volume list: no end within 8.0 seconds; stderr: Connection failed`.
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
