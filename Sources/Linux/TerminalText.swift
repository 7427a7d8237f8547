import Glibc

/// Text for a terminal.
package enum TerminalText {
  /// The columns of a descriptor's terminal. Without a terminal, those of the variable COLUMNS; without it 80.
  package static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    let stated = getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? 0
    return stated > 0 ? stated : 80
  }

  /// Help whose lines have not been wrapped, for a number of columns. A line may have a term and its text, with at least
  /// two spaces between them: `  --seed <seed>     The seed.`; a text on the line below its term is indented. In less
  /// than 60 columns every text is below its term.
  package static func wrappedHelp(_ help: String, to columns: Int) -> String {
    help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      wrapped(line, to: columns, isNarrow: columns < 60)
    }.joined(separator: "\n")
  }

  /// The synopsis of a command: no option is separated from its value.
  package static func wrappedUsage(_ usage: some StringProtocol, to columns: Int) -> String {
    var parts: [String] = []
    var depth = 0
    for word in usage.split(separator: " ") {
      let belongs = depth > 0 || word == "..." || word.hasPrefix("<") && parts.last?.hasPrefix("-") == true
      if belongs, let last = parts.popLast() {
        parts.append("\(last) \(word)")
      } else {
        parts.append("\(word)")
      }
      depth += word.count { $0 == "[" } - word.count { $0 == "]" }
    }
    return lines(parts, to: columns, hanging: columns < 60 ? 2 : 7).joined(separator: "\n")
  }

  /// The column at which the texts of terms begin.
  private static let textColumn = 26

  private static func wrapped(_ line: Substring, to columns: Int, isNarrow: Bool) -> String {
    if line.lowercased().hasPrefix("usage: ") { return wrappedUsage(line, to: columns) }
    let indent = line.prefix { $0 == " " }.count
    let rest = line.dropFirst(indent)
    let term = indent == 2 ? rest.firstRange(of: "  ").map { rest[..<$0.lowerBound] } : nil
    guard let term else {
      let column = isNarrow ? min(indent, 6) : indent
      return paragraph(rest, first: String(repeating: " ", count: column), hanging: column, to: columns)
    }
    let text = rest.dropFirst(term.count).drop { $0 == " " }
    let head = "  \(term)"
    if isNarrow || head.count >= textColumn {
      let column = isNarrow ? 6 : textColumn
      let pad = String(repeating: " ", count: column)
      return head + "\n" + paragraph(text, first: pad, hanging: column, to: columns)
    }
    let first = head + String(repeating: " ", count: textColumn - head.count)
    return paragraph(text, first: first, hanging: textColumn, to: columns)
  }

  private static func paragraph(
    _ text: Substring, first: String, hanging: Int, to columns: Int
  ) -> String {
    var words = text.split(separator: " ").map(String.init)
    if words.isEmpty { return "" }
    words[0] = first + words[0]
    return lines(words, to: columns, hanging: hanging).joined(separator: "\n")
  }

  /// Fills lines; a part that is longer than a line is alone on it.
  private static func lines(_ parts: [String], to columns: Int, hanging: Int) -> [String] {
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, last.count + 1 + part.count <= columns {
        lines[lines.count - 1] = "\(last) \(part)"
      } else {
        lines.append(lines.isEmpty ? part : String(repeating: " ", count: hanging) + part)
      }
    }
    return lines
  }
}
