/// A duration, or a time on a clock that its owner names, in whole nanoseconds.
///
/// One integer type for durations and times, since the journal stores both as integers: the value that is read equals
/// the one that was written, which floating-point seconds can't guarantee. Sums, differences and multiples saturate
/// at the largest and smallest value, 292 years: a number from a file or a message must not end the process that
/// reads it.
package struct Nanoseconds: Hashable, Comparable, Sendable {
  package var count: Int64

  package init(_ count: Int64) { self.count = count }

  /// Zero; also the start of a clock.
  package static let zero = Nanoseconds(0)

  package static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000_000) }

  package static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000) }

  /// In seconds, for arithmetic whose result is displayed.
  package var inSeconds: Double { Double(count) / 1e9 }

  package static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }
  package static func + (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
    let (sum, overflow) = left.count.addingReportingOverflow(right.count)
    return .init(overflow ? (right.count < 0 ? .min : .max) : sum)
  }
  /// The difference, which may be negative.
  package static func - (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
    let (difference, overflow) = left.count.subtractingReportingOverflow(right.count)
    return .init(overflow ? (right.count < 0 ? .max : .min) : difference)
  }
  package static func * (left: Nanoseconds, right: Int64) -> Nanoseconds {
    let (product, overflow) = left.count.multipliedReportingOverflow(by: right)
    return .init(overflow ? ((left.count < 0) == (right < 0) ? .max : .min) : product)
  }
  /// The quotient, rounded toward zero.
  package static func / (left: Nanoseconds, right: Int64) -> Nanoseconds { .init(left.count / right) }
  package static func += (left: inout Nanoseconds, right: Nanoseconds) { left = left + right }
}

extension Nanoseconds: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(Int64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(count)
  }
}

extension Nanoseconds: CustomStringConvertible, LosslessStringConvertible {
  private static let units: [(suffix: String, count: Int64)] = [
    ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
    ("ns", 1),
  ]

  /// As files write it, in the largest unit that divides it: `90s`, `100ms`, `5m`.
  package var description: String {
    if count == 0 { return "0s" }
    for unit in Self.units where count % unit.count == 0 { return "\(count / unit.count)\(unit.suffix)" }
    return "\(count)ns"
  }

  /// Reads a whole number with a unit: `90s`, `100ms`, `5m`, `1h`, `250us`; nil for anything else.
  package init?(_ text: String) {
    guard let end = text.firstIndex(where: { !("0"..."9").contains($0) }), end > text.startIndex,
      let number = Int64(text[..<end]),
      let unit = Self.units.first(where: { $0.suffix == text[end...] })
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.count)
    if overflow { return nil }
    self.init(product)
  }
}
