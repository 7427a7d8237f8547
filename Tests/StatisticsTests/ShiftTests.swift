import Statistics
import Testing

struct ShiftTests {
  @Test("The interval and the estimate of exact values equal those of R's wilcox.test")
  func intervalIsRs() throws {
    let cases = try Oracle.r()
    #expect(cases.count == 100)
    for each in cases {
      let shift = Shift.difference(PairedSides(each.base, each.candidate))
      #expect(shift.interval == Shift.Bounds(low: each.low, high: each.high))
      #expect(shift.estimate == Shift.Bounds(low: each.estimate, high: each.estimate))
    }
  }

  struct Design: Sendable {
    /// Values a side in each block, and the blocks.
    var size: Int
    var blocks: Int
    var smallest: Double
    var order: Int
    var coverage: Double
  }

  @Test(
    "A design has its smallest two-sided probability, and the order and coverage of its interval",
    arguments: [
      Design(size: 3, blocks: 1, smallest: 0.100, order: 0, coverage: 1),
      Design(size: 4, blocks: 1, smallest: 0.029, order: 1, coverage: 0.971),
      Design(size: 5, blocks: 1, smallest: 0.008, order: 3, coverage: 0.968),
      Design(size: 6, blocks: 1, smallest: 0.002, order: 6, coverage: 0.959),
      Design(size: 8, blocks: 1, smallest: 0.0002, order: 14, coverage: 0.950),
      Design(size: 2, blocks: 2, smallest: 0.056, order: 0, coverage: 1),
      Design(size: 2, blocks: 3, smallest: 0.009, order: 2, coverage: 0.963),
      Design(size: 2, blocks: 4, smallest: 0.0015, order: 3, coverage: 0.971),
    ])
  func designs(design: Design) {
    let chance = RankSum(blocks: Array(repeating: (design.size, design.size), count: design.blocks))
    #expect(abs(2 * chance.atMost(0) - design.smallest) < 0.0006)
    #expect(chance.order(atMost: Shift.level) == design.order)
    #expect(abs(1 - 2 * chance.atMost(design.order - 1) - design.coverage) < 0.0006)
    #expect(agree(chance.probabilities.reduce(0, +), 1))
  }

  @Test("Bounds widen the interval by their width")
  func boundsWiden() {
    let base = [1, 2, 3, 4].map { BoundedValue(low: $0, high: $0 + 1) }
    let candidate = [11, 12, 13, 14].map { BoundedValue(low: $0, high: $0 + 2) }
    // Exact values give 7 to 13; the lower end loses the base's width, the upper end gains the candidate's.
    let shift = Shift.difference(PairedSides(base, candidate))
    #expect(shift.interval == Shift.Bounds(low: 6, high: 15))
    #expect(shift.estimate == Shift.Bounds(low: 9, high: 12))
  }

  @Test(
    "A censored candidate gives an interval without an upper end, a censored base one without a lower end")
  func censored() {
    let exact = [1, 2, 3, 4].map { BoundedValue(exactly: $0) }
    let open = Array(repeating: BoundedValue.censored(above: 10), count: 4)
    #expect(Shift.difference(PairedSides(exact, open)).interval == Shift.Bounds(low: 6, high: .infinity))
    #expect(Shift.difference(PairedSides(open, exact)).interval == Shift.Bounds(low: -.infinity, high: -6))
    #expect(Shift.ratio(PairedSides(open, exact))?.interval == Shift.Bounds(low: 0, high: 0.4))
  }

  @Test("Three values a side give an estimate, but no interval")
  func tooFew() {
    let shift = Shift.difference(PairedSides([1, 2, 3], [11, 12, 13]))
    #expect(shift.interval == nil)
    #expect(shift.estimate == Shift.Bounds(low: 10, high: 10))
  }

  @Test("A base value of 0 has no ratio, and a base value that may be 0 gives a ratio without an upper bound")
  func ratioOfZero() {
    #expect(Shift.ratio(PairedSides([0, 1, 1, 1], [1, 1, 1, 1])) == nil)
    let perhaps = Array(repeating: BoundedValue(low: 0, high: 2), count: 4)
    let zero = Array(repeating: BoundedValue(exactly: 0), count: 4)
    #expect(Shift.ratio(PairedSides(perhaps, zero))?.interval == Shift.Bounds(low: 0, high: .infinity))
    #expect(
      Shift.ratio(PairedSides([2, 2, 2, 2], [1, 1, 1, 1]))?.interval == Shift.Bounds(low: 0.5, high: 0.5))
  }
}
