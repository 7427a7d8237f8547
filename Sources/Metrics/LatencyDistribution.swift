import Journal
import Scenario

/// The latencies of any number of answers, in bounded memory: all of them while they are few, then their number in
/// buckets whose width is at most 1/1024 of their values.
package struct LatencyDistribution: Sendable {
  static let mostExact = 4096
  /// Buckets for each power of two.
  private static let bits = 10

  private(set) var count = 0
  package private(set) var greatest: Nanoseconds?
  private var exact: [Int64] = []
  /// By the power of two, then by bucket; empty until the values are too many.
  private var rows: [[UInt32]] = []
  /// Negative ones, of a journal that was edited.
  private var negative = 0

  package init() {}

  package mutating func add(_ latency: Nanoseconds) {
    count += 1
    greatest = max(greatest ?? latency, latency)
    if rows.isEmpty {
      exact.append(latency.count)
      if exact.count <= Self.mostExact { return }
      rows = Array(repeating: [], count: 64 - Self.bits)
      for value in exact { addToBucket(value) }
      exact = []
    } else {
      addToBucket(latency.count)
    }
  }

  private mutating func addToBucket(_ value: Int64) {
    guard value >= 0 else {
      negative += 1
      return
    }
    // Row 0 has the values below 1024, one a bucket; row n those from 2^(n + 9) on, 2^(n - 1) a bucket.
    let row = max(64 - Self.bits - value.leadingZeroBitCount, 0)
    let bucket = Int(row == 0 ? value : value >> Int64(row - 1)) & (1 << Self.bits - 1)
    if rows[row].isEmpty { rows[row] = Array(repeating: 0, count: 1 << Self.bits) }
    rows[row][bucket] += 1
  }

  /// The bounds of the nearest-rank percentile; nil for no values.
  package func percentile(_ percent: Int) -> (low: Nanoseconds, high: Nanoseconds)? {
    if count == 0 { return nil }
    let rank = max((count * percent + 99) / 100, 1)
    if rows.isEmpty {
      let value = Nanoseconds(exact.sorted()[rank - 1])
      return (value, value)
    }
    var passed = negative
    if rank <= passed { return (Nanoseconds(.min), .zero) }
    for (row, buckets) in rows.enumerated() {
      for (bucket, number) in buckets.enumerated() where number > 0 {
        passed += Int(number)
        if passed < rank { continue }
        if row == 0 { return (Nanoseconds(Int64(bucket)), Nanoseconds(Int64(bucket))) }
        // Row n's buckets are numbered by the ten bits below the highest one.
        let low = (Int64(1) << Int64(Self.bits) | Int64(bucket)) << Int64(row - 1)
        let high = low | (1 << Int64(row - 1) - 1)
        return (Nanoseconds(low), min(Nanoseconds(high), greatest ?? Nanoseconds(high)))
      }
    }
    return greatest.map { ($0, $0) }
  }
}
