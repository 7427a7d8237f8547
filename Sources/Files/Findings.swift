/// What is found in one file while it is read.
struct Findings {
  let file: String
  private var found: [Diagnostic] = []
  /// What was told is not told again.
  private var told: Set<Diagnostic> = []

  init(file: String) { self.file = file }

  mutating func error(_ position: Position, _ message: String) { add(position, .error, message) }

  mutating func warning(_ position: Position, _ message: String) { add(position, .warning, message) }

  private mutating func add(_ position: Position, _ severity: Diagnostic.Severity, _ message: String) {
    let diagnostic = Diagnostic(
      file: file, line: position.line, column: position.column, severity: severity, message: message)
    if told.insert(diagnostic).inserted { found.append(diagnostic) }
  }

  var hasErrors: Bool { found.contains { $0.severity == .error } }

  /// In the file's order; findings at one place stay in the order in which they were made.
  var inOrder: [Diagnostic] {
    found.enumerated()
      .sorted {
        ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
      }
      .map(\.element)
  }

  /// Hands out the value, or refuses the file with all that was found.
  func judge<Value>(_ value: Value?) throws(FileRefused) -> Parsed<Value> {
    guard let value, !hasErrors else { throw FileRefused(diagnostics: inOrder) }
    return Parsed(value: value, diagnostics: inOrder)
  }
}
