import Scenario

extension Form {
  /// A share in per cent, of more than 0 and less than 100, with at most four decimals: `99.9%`.
  static let availability = Form(
    expected: "a percentage such as 99.9%",
    schema: ["type": "string", "pattern": "^(?!0+(\\.0+)?%$)[0-9]{1,2}(\\.[0-9]{1,4})?%$"]
  ) { scalar in
    if perMillion(scalar.text) != nil { return nil }
    let text = scalar.text.clipped
    if perMillion(scalar.text + "%") != nil {
      return Complaint(message: "a percentage needs its sign: did you mean '\(text)%'?")
    }
    return Complaint(
      message:
        "expected a percentage such as 99.9%, of more than 0 and less than 100, with at most 4 decimals, found "
        + scalar.reading.described(scalar.text))
  }

  /// The share in millionths; nil for another text.
  static func perMillion(_ text: String) -> Int? {
    guard text.hasSuffix("%") else { return nil }
    let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { ("0"..."9").contains($0) } }),
      parts[0].count <= 2, let whole = Int(parts[0])
    else { return nil }
    let decimals = parts.count == 2 ? String(parts[1]) : ""
    guard decimals.count <= 4, let rest = Int(decimals + String(repeating: "0", count: 4 - decimals.count))
    else { return nil }
    let share = whole * 10_000 + rest
    return share > 0 ? share : nil
  }
}
