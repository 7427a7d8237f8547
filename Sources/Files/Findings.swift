/// The findings in one file while it is read.
struct Findings {
  let file: String
  private var found: [Diagnostic] = []
  /// Prevents reporting the same finding twice, even if two stages find it.
  private var reported: Set<Diagnostic> = []
  /// The stage of the next findings.
  var stage = Diagnostic.Stage.text

  init(file: String) { self.file = file }

  /// - Parameter stage: nil means the current one.
  mutating func error(
    _ position: Position, _ message: String, _ kind: Diagnostic.Kind = .value, stage: Diagnostic.Stage? = nil
  ) {
    add(position, .error, message, kind, stage ?? self.stage)
  }

  mutating func warning(_ position: Position, _ message: String, _ kind: Diagnostic.Kind = .value) {
    add(position, .warning, message, kind, stage)
  }

  private mutating func add(
    _ position: Position, _ severity: Diagnostic.Severity, _ message: String, _ kind: Diagnostic.Kind,
    _ stage: Diagnostic.Stage
  ) {
    var diagnostic = Diagnostic(
      file: file, line: position.line, column: position.column, severity: severity, message: message)
    guard reported.insert(diagnostic).inserted else { return }
    diagnostic.kind = kind
    diagnostic.stage = stage
    if severity == .error { errors += 1 }
    found.append(diagnostic)
  }

  var hasErrors: Bool { errors > 0 }

  /// The number of errors.
  private(set) var errors = 0

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
