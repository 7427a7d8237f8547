extension NftablesContext {
  /// All tables, chains, rules, sets and elements of the namespace, whichever program made them, one line each: for a
  /// comparison of before and after.
  ///
  /// Each line names its place ("table inet filter / chain input / tcp dport 22 accept"). Values that change by
  /// themselves are omitted: counters, handles, remaining times, and elements with a timeout. Rules are in their order,
  /// elements in alphabetical order.
  package func ruleset() throws(NftablesError) -> [String] {
    Self.lines(of: try run("list ruleset", printing: .stateless))
  }

  static func lines(of listing: String) -> [String] {
    var lines: [String] = []
    var path: [String] = []
    var elements: String?
    for raw in listing.split(separator: "\n") {
      let line = raw.trimmingWhitespace
      if let begun = elements {
        elements = begun + " " + line
      } else if line.hasPrefix("elements = {") {
        elements = String(line.dropFirst("elements = {".count))
      } else if line.hasPrefix("#") {
        // A comment by nft, such as the one on tables that iptables manages.
        continue
      } else if line == "}" {
        path.removeLast()
      } else if line.hasSuffix("{") {
        path.append(line.dropLast().trimmingWhitespace)
        lines.append(path.joined(separator: " / "))
      } else if !line.isEmpty {
        lines.append((path + [line]).joined(separator: " / "))
      }
      if let all = elements, all.hasSuffix("}") {
        let permanent = split(all.dropLast()).filter {
          !$0.contains(" timeout ") && !$0.contains(" expires ")
        }
        lines += permanent.sorted().map { (path + ["element \($0)"]).joined(separator: " / ") }
        elements = nil
      }
    }
    return lines
  }

  /// Splits at commas outside quotes: an element can have a comment.
  private static func split(_ elements: Substring) -> [String] {
    var isQuoted = false
    return elements.split { character in
      if character == "\"" { isQuoted.toggle() }
      return character == "," && !isQuoted
    }.map(\.trimmingWhitespace)
  }
}

extension Substring {
  fileprivate var trimmingWhitespace: String {
    var text = drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
