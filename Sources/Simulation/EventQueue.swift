import HeapModule
import Scenario

/// Future events by virtual time; events of the same time leave in the order in which they were added.
struct EventQueue {
  private struct Entry: Comparable {
    var time: Nanoseconds
    var number: Int
    var act: () -> Void

    static func == (one: Entry, other: Entry) -> Bool { one.number == other.number }
    static func < (one: Entry, other: Entry) -> Bool {
      one.time == other.time ? one.number < other.number : one.time < other.time
    }
  }

  private var heap = Heap<Entry>()
  private var count = 0

  /// The time of the next event; nil if there is none.
  var nextDue: Nanoseconds? { heap.min?.time }

  /// Adds an event.
  mutating func add(at time: Nanoseconds, _ act: @escaping () -> Void) {
    count += 1
    heap.insert(Entry(time: time, number: count, act: act))
  }

  /// Removes the next event, if any.
  mutating func takeNext() -> (time: Nanoseconds, act: () -> Void)? {
    heap.popMin().map { ($0.time, $0.act) }
  }
}
