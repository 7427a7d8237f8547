import Testing

@testable import Probes

struct TimeHeapTests {
  @Test("Entries leave in the order of their times, equal times by number")
  func entriesLeaveInOrder() {
    var heap = TimeHeap()
    var random = SystemRandomNumberGenerator()
    var expected: [(Int64, UInt64)] = []
    for number in UInt64(0)..<500 {
      let time = Int64.random(in: 0..<100, using: &random)
      heap.insert(number, at: time)
      expected.append((time, number))
    }
    expected.sort { $0 < $1 }
    var numbers: [UInt64] = []
    while let number = heap.removeFirst(until: 100) { numbers.append(number) }
    #expect(numbers == expected.map(\.1))
    #expect(heap.first == nil)
  }

  @Test("An entry stays until its time has come")
  func anEntryStaysUntilItsTime() {
    var heap = TimeHeap()
    heap.insert(7, at: 10)
    #expect(heap.removeFirst(until: 9) == nil)
    #expect(heap.first?.number == 7)
    #expect(heap.removeFirst(until: 10) == 7)
  }

  @Test("An entry that is no longer needed is removed once it is the earliest")
  func entriesThatAreNotNeededAreRemoved() {
    var heap = TimeHeap()
    for number in UInt64(1)...4 { heap.insert(number, at: Int64(number) * 10) }
    let third = heap.first { $0 > 2 }
    #expect(third?.time == 30 && third?.number == 3)
    #expect(heap.removeFirst(until: 20) == nil)
    #expect(heap.removeFirst(until: 30) == 3)
    let none = heap.first { $0 != 4 }
    #expect(none == nil)
    #expect(heap.removeFirst(until: 40) == nil)
  }
}
