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
}
