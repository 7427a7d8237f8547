/// By how much a candidate's values differ from a base's, as bounds.
///
/// The interval is that of Hodges and Lehmann (1963), widened by the values' bounds: the lower end comes from the lower
/// ends of all differences, the upper end from their upper ends.
package struct Shift: Equatable, Sendable {
  /// The confidence of `interval`: at least 95 %.
  package static let level = 0.025

  /// The bounds of the median difference, candidate minus base; nil without pairs.
  package var estimate: Bounds?
  /// The interval of 95 % confidence; nil if there are too few pairs for one.
  package var interval: Bounds?

  /// A lower and an upper end, either of which may be infinite.
  package struct Bounds: Equatable, Sendable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
      self.low = low
      self.high = high
    }
  }

  /// The difference, candidate minus base.
  package static func difference(_ sides: PairedSides) -> Shift {
    Shift(sides) { Bounds(low: $1.low - $0.high, high: $1.high - $0.low) }
  }

  /// The ratio, candidate over base; nil if a base value is 0. A base value that may be 0 makes the ratio's upper bound
  /// infinite.
  package static func ratio(_ sides: PairedSides) -> Shift? {
    if sides.base.contains(where: { $0.high <= 0 || $0.low < 0 }) { return nil }
    return Shift(sides) { base, candidate in
      Bounds(
        low: base.high == .infinity ? 0 : candidate.low / base.high,
        high: base.low == 0 ? .infinity : candidate.high / base.low)
    }
  }

  private init(_ sides: PairedSides, of body: (BoundedValue, BoundedValue) -> Bounds) {
    let all = sides.pairs(body)
    if all.isEmpty { return }
    let (lows, highs) = (all.map(\.low).sorted(), all.map(\.high).sorted())
    estimate = Bounds(low: BoundedValue.median(lows), high: BoundedValue.median(highs))
    let order = sides.chance.order(atMost: Self.level)
    if order > 0 { interval = Bounds(low: lows[order - 1], high: highs[all.count - order]) }
  }
}
