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
  /// The mistake for programs, which never parse the message.
  package var kind: Kind
  /// The errno of a file that couldn't be read.
  package var code: Int32?
  /// The stage that found it.
  package var stage: Stage

  package init(
    file: String, line: Int, column: Int, severity: Severity = .error, message: String,
    kind: Kind = .value, code: Int32? = nil, stage: Stage = .text
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.severity = severity
    self.message = message
    self.kind = code == nil ? kind : .unreadable
    self.code = code
    self.stage = stage
  }

  package enum Kind: String, Codable, Sendable {
    /// The file can't be read, is too large or is not UTF-8.
    case unreadable
    /// The text is not YAML, or has a part of YAML that is refused.
    case syntax
    /// The file is empty or of another kind.
    case otherFile
    /// A key, an item or a word is missing.
    case missing
    /// A key or a word has no meaning here.
    case unknown
    /// The fleet doesn't have what is named.
    case absent
    /// A name or a value is there twice, where it must be unique.
    case duplicate
    /// A list, a number or nothing in place of another type.
    case type
    /// The form or the size of a value.
    case value
    /// Two parts exclude each other, or one has no meaning without the other.
    case conflict
    /// A name that Murphy uses itself.
    case reserved
    /// `steady` doesn't observe what an objective, a service or a condition needs.
    case unwatched
    /// A fault or a metric that doesn't fit its target or its subject.
    case unfit
    /// The samples are too far apart for the limit.
    case coarse
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
