/// One finding in a file.
package struct Diagnostic: Codable, Hashable, Sendable {
  /// The file, as the caller named it.
  package var file: String
  /// The line, from 1; 0 if the finding is about the whole file.
  package var line: Int
  /// The column, from 1, in Unicode scalars; 0 if the finding is about the whole file.
  package var column: Int
  package var severity: Severity
  /// The mistake, and the probable correction.
  package var message: String
  /// The errno of a file that couldn't be read.
  package var code: Int32?
  /// The stage that found it.
  package var stage: Stage

  package init(
    file: String, line: Int, column: Int, severity: Severity = .error, message: String, code: Int32? = nil,
    stage: Stage = .text
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.severity = severity
    self.message = message
    self.code = code
    self.stage = stage
  }

  package enum Stage: String, Codable, Sendable {
    /// Reading the text and YAML.
    case text
    /// The form of keys and values, which the JSON Schema describes too.
    case form
    /// Names, sums and other conditions across keys or files.
    case meaning
  }

  package enum Severity: String, Codable, Sendable {
    /// The file is refused.
    case error
    /// The file is accepted, but the run will measure less than the author expects.
    case warning
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: error: message`, the format of compilers, which editors parse.
  package var description: String {
    let place = line > 0 ? "\(file):\(line):\(column)" : file
    return "\(place): \(severity.rawValue): \(message)"
  }
}
