/// A file that couldn't be read or isn't right, with every finding at once, in the file's order.
public struct FileRefused: Error, Equatable, CustomStringConvertible {
  /// All findings: at least one error, and the warnings beside it.
  public var diagnostics: [Diagnostic]

  /// A refusal for these findings.
  public init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// One line a finding.
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// A file that was read, and what its author should know all the same.
public struct Parsed<Value: Sendable>: Sendable {
  /// What the file says.
  public var value: Value
  /// Warnings, in the file's order; errors would have refused the file.
  public var diagnostics: [Diagnostic]

  /// A value with its warnings.
  public init(value: Value, diagnostics: [Diagnostic]) {
    self.value = value
    self.diagnostics = diagnostics
  }
}
