/// A scalar as the file writes it.
struct Scalar: Sendable {
  var text: String
  /// Written without quotes, so that YAML chooses its type.
  var isPlain: Bool
  /// Whether the file contains exactly these characters in a row.
  var isVerbatim: Bool

  /// How YAML readers interpret a scalar.
  enum Reading: Equatable {
    case text
    case null
    case flag(Bool)
    /// A decimal number.
    case integer
    /// A number that reads as another one in YAML 1.1: the value read.
    case trap(String)
    case fraction
  }

  /// How YAML readers, of version 1.1 too, interpret this one: <https://yaml.org/type/>.
  var reading: Reading {
    guard isPlain else { return .text }
    switch text.lowercased() {
    case "", "~", "null": return .null
    case "true", "yes", "on": return .flag(true)
    case "false", "no", "off": return .flag(false)
    case ".inf", "-.inf", "+.inf", ".nan": return .fraction
    default: break
    }
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard let first = digits.first, first.isASCII, first.isNumber || first == "." else { return .text }
    if text.first != "+", Int(text) != nil, first != "0" || digits.count == 1 { return .integer }
    if digits.allSatisfy({ ("0"..."9").contains($0) }) {
      if first == "0", let value = Int(digits, radix: 8) { return .trap("the octal number \(value)") }
      return .trap("a number")
    }
    if let value = Self.prefixed(digits) { return .trap("the number \(value)") }
    let parts = digits.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count > 1, parts.allSatisfy({ Int($0) != nil }) {
      let seconds = parts.reduce(0) { $0.multipliedReportingOverflow(by: 60).partialValue &+ (Int($1) ?? 0) }
      return .trap("the number \(seconds), in base 60")
    }
    let plain = digits.filter { $0 != "_" }
    if plain.count < digits.count, let value = Int(plain) { return .trap("the number \(value)") }
    if plain.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }), Double(plain) != nil {
      return .fraction
    }
    return .text
  }

  /// A number after `0x`, `0o` or `0b`.
  private static func prefixed(_ digits: Substring) -> Int? {
    let radix: Int
    switch digits.prefix(2).lowercased() {
    case "0x": radix = 16
    case "0o": radix = 8
    case "0b": radix = 2
    default: return nil
    }
    return Int(digits.dropFirst(2).filter { $0 != "_" }, radix: radix)
  }
}

extension Scalar.Reading {
  /// For messages.
  func described(_ text: String) -> String {
    switch self {
    case .text: "'\(text.clipped)'"
    case .null: "nothing"
    case .flag(let value):
      text.lowercased() == String(value)
        ? "the truth value \(value)" : "'\(text)', which YAML 1.1 reads as \(value)"
    case .integer, .fraction: "the number \(text.clipped)"
    case .trap(let what): "'\(text.clipped)', which YAML 1.1 reads as \(what)"
    }
  }
}

extension String {
  /// Shortened to fit a message, on one line.
  var clipped: String {
    let line = String(map { $0.isNewline ? " " : $0 })
    return line.count > 60 ? line.prefix(57) + "…" : line
  }
}
