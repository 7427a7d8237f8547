import HeapModule

/// Numbers ordered by time: the earliest first, equal times by number.
struct TimeHeap {
  private struct Entry: Comparable {
    var time: Int64
    var number: UInt64

    static func < (one: Entry, other: Entry) -> Bool {
      (one.time, one.number) < (other.time, other.number)
    }
  }

  private var entries = Heap<Entry>()

  /// The earliest entry.
  var first: (time: Int64, number: UInt64)? { entries.min.map { ($0.time, $0.number) } }

  mutating func insert(_ number: UInt64, at time: Int64) { entries.insert(Entry(time: time, number: number)) }

  /// The earliest entry that is still needed. Those before it are removed.
  mutating func first(where isNeeded: (_ number: UInt64) -> Bool) -> (time: Int64, number: UInt64)? {
    while let earliest = entries.min, !isNeeded(earliest.number) { entries.removeMin() }
    return first
  }

  /// Removes the earliest entry if its time is at or before `time`.
  mutating func removeFirst(until time: Int64) -> UInt64? {
    guard let earliest = entries.min, earliest.time <= time else { return nil }
    return entries.removeMin().number
  }
}
