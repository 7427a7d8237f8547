import Files
import Testing

/// Reads a file with a mistake, which must be refused with a finding of this kind at `line:column`.
///
/// - Parameter name: a name or a value that the finding's message must have.
func expectFinding(
  _ kind: Diagnostic.Kind, at place: String, in file: String, naming name: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, read: () throws(FileRefused) -> Void
) {
  do throws(FileRefused) {
    try read()
    Issue.record("accepted", sourceLocation: sourceLocation)
  } catch {
    let isFound = error.diagnostics.contains { found in
      found.kind == kind && "\(found.line):\(found.column)" == place && found.file == file
        && name.map { found.message.contains($0) } != false
    }
    #expect(isFound, "\(error)", sourceLocation: sourceLocation)
  }
}
