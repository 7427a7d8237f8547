import Scenario
import Testing

@testable import Metrics

@Suite struct BoundedPeriodsTests {
  private func periods(_ pairs: (Double, Double)...) -> Periods { Periods(pairs.map { (s($0.0), s($0.1)) }) }

  @Test("A union merges periods that overlap or touch, and drops empty ones")
  func union() {
    #expect(periods((5, 6), (1, 3), (2, 4), (6, 7), (9, 9)) == periods((1, 4), (5, 7)))
  }

  @Test("Intersection and complement are right for each second")
  func sets() {
    let one = periods((1, 4), (6, 9), (12, 13))
    let other = periods((0, 2), (3, 7), (8, 20))
    #expect(one.intersection(other) == periods((1, 2), (3, 4), (6, 7), (8, 9), (12, 13)))
    #expect(one.complement(from: s(2), to: s(15)) == periods((4, 6), (9, 12), (13, 15)))
    #expect(one.intersection(other).length == s(5))
  }

  @Test("A complement swaps the lower and the upper bound")
  func complement() {
    let bounded = BoundedPeriods([
      (Interval(estimate: s(5), low: s(4), high: s(6)), Interval(estimate: s(9), low: s(8), high: s(10)))
    ])
    #expect(bounded.length == Interval(estimate: s(4), low: s(2), high: s(6)))
    #expect(
      bounded.complement(from: s(0), to: s(20)).length == Interval(estimate: s(16), low: s(14), high: s(18)))
  }
}
