/// A file that couldn't be read or is invalid, with all findings in the file's order.
package struct FileRefused: Error, Equatable, CustomStringConvertible {
  /// At least one error, and the warnings.
  package var diagnostics: [Diagnostic]

  package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// One line per finding.
  package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// An accepted file's value, with warnings.
package struct Parsed<Value: Sendable>: Sendable {
  package var value: Value
  /// Warnings, in the file's order. With an error, the file would have been refused.
  package var diagnostics: [Diagnostic]

  package init(value: Value, diagnostics: [Diagnostic]) {
    self.value = value
    self.diagnostics = diagnostics
  }
}
