/// The findings in one file while it is read.
struct Findings {
  let file: String
  private var found: [Diagnostic] = []
  /// Prevents reporting the same finding twice.
  private var reported: Set<Diagnostic> = []

  init(file: String) { self.file = file }

  mutating func error(_ position: Position, _ message: String) { add(position, .error, message) }

  mutating func warning(_ position: Position, _ message: String) { add(position, .warning, message) }

  private mutating func add(_ position: Position, _ severity: Diagnostic.Severity, _ message: String) {
    let diagnostic = Diagnostic(
      file: file, line: position.line, column: position.column, severity: severity, message: message)
    if reported.insert(diagnostic).inserted { found.append(diagnostic) }
  }

  var hasErrors: Bool { found.contains { $0.severity == .error } }

  /// In the file's order; findings at one place in the order in which they were added.
  var inOrder: [Diagnostic] {
    found.enumerated()
      .sorted {
        ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
      }
      .map(\.element)
  }

  /// Returns the value, or throws all findings if there is an error.
  func judge<Value>(_ value: Value?) throws(FileRefused) -> Parsed<Value> {
    guard let value, !hasErrors else { throw FileRefused(diagnostics: inOrder) }
    return Parsed(value: value, diagnostics: inOrder)
  }
}
