extension Form {
  /// A number of bits per second, as tc(8) writes it: `100mbit`.
  static let rate = Form(
    expected: "a rate such as 100mbit",
    schema: ["type": "string", "pattern": "^[0-9]{1,9}(kbit|mbit|gbit)$"]
  ) { scalar in
    if scalar.reading == .text, bitsPerSecond(scalar.text) != nil { return nil }
    let hint = scalar.reading == .integer ? ": did you mean '\(scalar.text.clipped)mbit'?" : ""
    return Complaint(
      message: "expected a rate such as 100mbit (kbit, mbit or gbit per second), found "
        + scalar.reading.described(scalar.text) + hint)
  }

  /// Nil for a text that isn't a rate.
  static func bitsPerSecond(_ text: String) -> Int? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard (1...9).contains(digits.count), let number = Int(digits) else { return nil }
    switch text.dropFirst(digits.count) {
    case "kbit": return number * 1_000
    case "mbit": return number * 1_000_000
    case "gbit": return number * 1_000_000_000
    default: return nil
    }
  }
}
