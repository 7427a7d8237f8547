import Glibc
import Linux
import Synchronization
import Testing

struct ThreadTests {
  @Test("Each element is handled once, on at most so many threads, and the results have the elements' order")
  func bounded() throws {
    let present = Mutex((now: 0, most: 0))
    let results = try onThreads(3, named: "handle", Array(1...40)) { element in
      present.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      // Later elements end earlier than their predecessors.
      usleep(UInt32(40 - element) * 100)
      present.withLock { $0.now -= 1 }
      return element * 2
    }
    #expect(results == (1...40).map { $0 * 2 })
    #expect(present.withLock { $0.most } <= 3)
    #expect(try onThreads(3, named: "handle", [Int]()) { $0 } == [])
  }
}
