import FoundationEssentials
import Journal
import Testing

@Suite struct NumberRangesTests {
  @Test(
    "Ranges have the given numbers and no other",
    arguments: [
      ([], []), ([1], [1...1]), ([1, 2, 3], [1...3]), ([3, 1, 2, 2], [1...3]),
      ([1, 3, 4, 9], [1...1, 3...4, 9...9]), ([-1, 0, Int64.max], [0...0]),
    ] as [([Int64], NumberRanges)])
  func numbers(_ numbers: [Int64], _ ranges: NumberRanges) {
    #expect(NumberRanges(numbers) == ranges)
  }

  /// Every set of numbers from 0 to 5, against Swift's own sets.
  @Test("Union, intersection, difference, count and membership are those of sets")
  func sets() {
    func set(_ bits: Int) -> Set<Int64> { Set((0..<6).filter { bits & 1 << $0 != 0 }.map(Int64.init)) }
    for one in 0..<64 {
      let first = NumberRanges(set(one))
      #expect(first.count == set(one).count && first.first == set(one).min())
      for number in Int64(0)..<6 { #expect(first.contains(number) == set(one).contains(number)) }
      for two in 0..<64 {
        let second = NumberRanges(set(two))
        #expect(first.union(second) == NumberRanges(set(one).union(set(two))))
        #expect(first.intersection(second) == NumberRanges(set(one).intersection(set(two))))
        #expect(first.subtracting(second) == NumberRanges(set(one).subtracting(set(two))))
      }
    }
  }

  @Test("Ranges are read in any order, and pairs that are no ranges are left out")
  func reading() throws {
    let text = "[[5,9],[1,2],[3,3],[8,12],[7,6],[1],[-5,0],[20,9223372036854775807]]"
    let ranges = try JSONDecoder().decode(NumberRanges.self, from: Data(text.utf8))
    #expect(ranges == [0...3, 5...12, 20...(1 << 62)])
    #expect(ranges.count > 0)
  }
}
