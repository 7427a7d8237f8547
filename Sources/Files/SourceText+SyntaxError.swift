import Yams

extension SourceText {
  /// The place of a YAML syntax error, the scanner's message, and the probable correction.
  func explain(_ error: any Error) -> (Position, String) {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      return explain(problem, at: Position(mark), context: context)
    case YamlError.reader(let problem, _, _, _):
      return (Position(line: 1, column: 1), "not valid YAML: \(problem)")
    default: return (Position(line: 1, column: 1), "not valid YAML: \(error)")
    }
  }

  private func explain(
    _ problem: String, at mark: Position, context: YamlError.Context?
  ) -> (Position, String) {
    if problem.hasPrefix("Maximum nesting level") { return (mark, Composer.tooDeep) }
    var place = mark
    var message = "not valid YAML: \(problem)"
    if let context {
      let begin = Position(context.mark)
      message += " \(context.text)"
      // For an unterminated collection or a key without a colon, the place where it began is more useful than the
      // place where the scanner stopped.
      let isFound = context.text.contains("simple key") || context.text.contains("block scalar")
      if isFound || isEnd(mark) || isOutside(mark, flowFrom: begin, context.text) {
        place = begin
      } else if begin != mark {
        message += " that begins at \(begin)"
      }
    }
    if problem.contains("mapping values are not allowed"), let line = lineWithoutKey(before: mark) {
      return (line, "\(message); a colon after a key needs a space after it")
    }
    if let hint = hint(problem, at: mark, context: context?.text ?? "") { message += "; \(hint)" }
    return (place, message)
  }

  /// Whether a place is on a line that is not indented deeper than the line on which a flow collection, `{…}` or `[…]`,
  /// began. Such a line is not part of the collection, which was never closed.
  private func isOutside(_ place: Position, flowFrom begin: Position, _ context: String) -> Bool {
    context.contains("flow") && place.line > begin.line
      && indentation(ofLine: place.line) <= indentation(ofLine: begin.line)
  }

  /// The beginning of the line before a place, if that line has no key, such as `fleet:lab`, so that YAML joins it with
  /// the key on the next line.
  private func lineWithoutKey(before place: Position) -> Position? {
    guard place.line > 1 else { return nil }
    let start = Position(line: place.line - 1, column: 1 + indentation(ofLine: place.line - 1))
    guard let index = index(start) else { return nil }
    let line = String(String.UnicodeScalarView(scalars[index...].prefix { $0 != "\n" && $0 != "\r" }))
    return line.contains(":") && !line.contains(": ") && !line.hasSuffix(":") && !line.hasPrefix("#")
      ? start : nil
  }

  private func hint(_ problem: String, at mark: Position, context: String) -> String? {
    let character = self[mark]
    if character == "\t" { return "tabs are not allowed for indentation: use spaces" }
    if context.contains("block scalar") || character == ">" || character == "|" {
      return "a value can't begin with '>' or '|': objectives use max, min or exactly; quote other texts"
    }
    if context.contains("quoted scalar"), isEnd(mark) { return "the closing quote is missing" }
    if context.contains("simple key") { return "a key ends with a colon and a space" }
    if problem.contains("mapping values are not allowed") {
      return "a text that contains ': ' needs quotes, and keys of one mapping the same indentation"
    }
    if problem.contains("',' or '}'") { return "is a ',' or a '}' missing?" }
    if problem.contains("',' or ']'") { return "is a ',' or a ']' missing?" }
    let before = self[Position(line: mark.line, column: mark.column - 1)]
    if problem.contains("did not find expected"), before == "'" || before == "\"" {
      return "the quotes end before this: within single quotes, write a quote twice"
    }
    if problem.contains("unexpected ':'") { return "a colon after a key needs a space after it" }
    if problem.contains("block sequence entries") { return "begin a list's items on the line after its key" }
    if problem.contains("did not find expected key") || problem.contains("'-' indicator")
      || problem.contains("block entries are not allowed")
    {
      return "keys of one mapping, and items of one list, need the same indentation"
    }
    if problem.contains("cannot start any token") { return "put the text in quotes" }
    return nil
  }
}
