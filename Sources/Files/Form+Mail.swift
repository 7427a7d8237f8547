extension Form {
  /// An address of mail that is also safe as an argument: no option, no comment, no display name.
  static let mailbox = text(
    "an address such as ops@example.org",
    schema: ["pattern": "^[A-Za-z0-9_][A-Za-z0-9._+=-]*@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"]
  ) { text in
    func isPlain(_ part: Substring, _ marks: String) -> Bool {
      part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || marks.contains($0) }
    }
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].first, isPlain(parts[0], "._+=-"), !".+=-".contains(first),
      let start = parts[1].first, let end = parts[1].last, isPlain(parts[1], ".-"),
      !".-".contains(start), !".-".contains(end)
    else { return "expected an address such as ops@example.org, found '\(text.clipped)'" }
    return nil
  }
}
