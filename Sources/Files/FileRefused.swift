/// A file that couldn't be read or isn't right, with every finding at once, in the file's order.
package struct FileRefused: Error, Equatable, CustomStringConvertible {
  /// All findings: at least one error, and the warnings beside it.
  package var diagnostics: [Diagnostic]

  /// A refusal for these findings.
  package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// One line a finding.
  package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// A file that was read, and what its author should know all the same.
package struct Parsed<Value: Sendable>: Sendable {
  /// What the file says.
  package var value: Value
  /// Warnings, in the file's order; errors would have refused the file.
  package var diagnostics: [Diagnostic]

  /// A value with its warnings.
  package init(value: Value, diagnostics: [Diagnostic]) {
    self.value = value
    self.diagnostics = diagnostics
  }
}
