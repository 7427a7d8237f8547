/// A set of numbers from 0, as ascending closed ranges with gaps between them. In JSON it is `[[first, last], …]`.
package struct NumberRanges: Equatable, Sendable {
  package private(set) var ranges: [ClosedRange<Int64>] = []

  package init() {}

  package init(_ numbers: some Sequence<Int64>) {
    for number in Set(numbers).sorted() where Self.allowed.contains(number) {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
  }

  /// Ranges in any order, which may overlap.
  package init(ranges given: some Sequence<ClosedRange<Int64>>) {
    for range in given.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let range = range.clamped(to: Self.allowed)
      guard Self.allowed.contains(range.lowerBound) else { continue }
      if let last = ranges.last, range.lowerBound <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  /// With these limits, a count and a bound of a set never overflow, for any content of a file.
  private static let allowed: ClosedRange<Int64> = 0...(1 << 62)

  package var isEmpty: Bool { ranges.isEmpty }
  package var first: Int64? { ranges.first?.lowerBound }
  package var count: Int { ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }

  package func contains(_ number: Int64) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(number)
  }

  package func union(_ other: NumberRanges) -> NumberRanges {
    NumberRanges(ranges: ranges + other.ranges)
  }

  package func intersection(_ other: NumberRanges) -> NumberRanges {
    var (left, right) = (0, 0)
    var common: [ClosedRange<Int64>] = []
    while left < ranges.count, right < other.ranges.count {
      let (one, two) = (ranges[left], other.ranges[right])
      if one.overlaps(two) { common.append(one.clamped(to: two)) }
      if one.upperBound < two.upperBound { left += 1 } else { right += 1 }
    }
    return NumberRanges(ranges: common)
  }

  package func subtracting(_ other: NumberRanges) -> NumberRanges {
    var rest: [ClosedRange<Int64>] = []
    var next = 0
    for range in ranges {
      var low = range.lowerBound
      while next < other.ranges.count, other.ranges[next].upperBound < low { next += 1 }
      var taken = next
      while taken < other.ranges.count, other.ranges[taken].lowerBound <= range.upperBound {
        if low < other.ranges[taken].lowerBound { rest.append(low...(other.ranges[taken].lowerBound - 1)) }
        low = other.ranges[taken].upperBound + 1
        taken += 1
      }
      if low <= range.upperBound { rest.append(low...range.upperBound) }
    }
    return NumberRanges(ranges: rest)
  }
}

extension NumberRanges: ExpressibleByArrayLiteral {
  package init(arrayLiteral ranges: ClosedRange<Int64>...) { self.init(ranges: ranges) }
}

extension NumberRanges: Codable {
  /// Pairs that are no ranges are left out.
  package init(from decoder: any Decoder) throws {
    let pairs = try decoder.singleValueContainer().decode([[Int64]].self)
    self.init(ranges: pairs.compactMap { $0.count == 2 && $0[0] <= $0[1] ? $0[0]...$0[1] : nil })
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(ranges.map { [$0.lowerBound, $0.upperBound] })
  }
}

extension NumberRanges: CustomStringConvertible {
  /// `1–20, 31`
  package var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }.joined(
      separator: ", ")
  }
}
