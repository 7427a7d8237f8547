import Scenario

/// What is to happen, by virtual time; what is due at the same time comes in the order in which it was put here. A
/// binary heap.
struct EventQueue {
  private struct Entry {
    var time: Nanoseconds
    var number: Int
    var act: () -> Void

    func isBefore(_ other: Entry) -> Bool {
      time == other.time ? number < other.number : time < other.time
    }
  }

  private var heap: [Entry] = []
  private var count = 0

  /// When the next is due; nil where nothing is.
  var nextDue: Nanoseconds? { heap.first?.time }

  /// Puts something here.
  mutating func add(at time: Nanoseconds, _ act: @escaping () -> Void) {
    count += 1
    heap.append(Entry(time: time, number: count, act: act))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the next, if any.
  mutating func takeNext() -> (time: Nanoseconds, act: () -> Void)? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      if least == parent { break }
      heap.swapAt(parent, least)
      parent = least
    }
    return (first.time, first.act)
  }
}
