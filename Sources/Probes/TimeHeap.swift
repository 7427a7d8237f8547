/// A binary heap of numbers ordered by time: the earliest first, equal times by number.
struct TimeHeap {
  private var entries: [(time: Int64, number: UInt64)] = []

  /// The earliest entry.
  var first: (time: Int64, number: UInt64)? { entries.first }

  mutating func insert(_ number: UInt64, at time: Int64) {
    entries.append((time, number))
    var index = entries.count - 1
    while index > 0, entries[index] < entries[(index - 1) / 2] {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Removes the earliest entry if its time is at or before `time`.
  mutating func removeFirst(until time: Int64) -> UInt64? {
    guard let earliest = entries.first, earliest.time <= time else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < entries.count && entries[child] < entries[least] {
        least = child
      }
      if least == index { return earliest.number }
      entries.swapAt(index, least)
      index = least
    }
  }
}
