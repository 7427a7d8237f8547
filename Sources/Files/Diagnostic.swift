/// One finding in a file: where, and what was meant.
package struct Diagnostic: Codable, Hashable, Sendable {
  /// The file, as the caller named it.
  package var file: String
  /// The line, from 1; 0 where the finding is about the file as a whole.
  package var line: Int
  /// The column, from 1, in Unicode scalars; 0 where the finding is about the file as a whole.
  package var column: Int
  /// Whether it refuses the file.
  package var severity: Severity
  /// What is wrong, and what was meant.
  package var message: String
  /// The errno of a file that couldn't be read.
  package var code: Int32?

  /// A finding of these parts.
  package init(
    file: String, line: Int, column: Int, severity: Severity = .error, message: String, code: Int32? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.severity = severity
    self.message = message
    self.code = code
  }

  /// Whether a finding refuses its file.
  package enum Severity: String, Codable, Sendable {
    /// It does.
    case error
    /// It doesn't, but the run will say less than its author thinks.
    case warning
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: error: message`, as compilers write it and editors read it.
  package var description: String {
    let place = line > 0 ? "\(file):\(line):\(column)" : file
    return "\(place): \(severity.rawValue): \(message)"
  }
}
