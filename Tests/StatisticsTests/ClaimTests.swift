import Scenario
import Statistics
import Testing

struct ClaimTests {
  @Test("The probability of a claim without ties equals that of scipy's exact Mann-Whitney test")
  func chanceIsScipys() throws {
    let cases = try Oracle.scipy().rankSums
    #expect(cases.count > 250)
    for each in cases {
      // Without a margin and without ties, the pairs against 'better' are those in which the candidate is greater.
      let evidence = Claim.better.test(PairedSides(each.base, each.candidate), .none)
      #expect(Double(evidence.against) == each.pairs)
      #expect(agree(evidence.chance, each.chance), "\(each)")
    }
  }

  /// Every way to deal bounded values to two sides of four is equally likely if the sides don't differ.
  @Test(
    "Over all assignments of values with ties, bounds and censoring, the share of false claims is at most the level",
    arguments: 0..<40)
  func falseClaimsInAllDeals(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let values = (0..<8).map { _ in
      let low = Double(Int.random(in: 0...6, using: &generator))
      return switch Int.random(in: 0...5, using: &generator) {
      case 0: BoundedValue.censored(above: 6)
      case 1, 2: BoundedValue(low: low, high: low + Double(Int.random(in: 0...3, using: &generator)))
      default: BoundedValue(exactly: low)
      }
    }
    var held: [Claim: Int] = [:]
    var deals = 0
    for bits in 0..<256 where bits.nonzeroBitCount == 4 {
      deals += 1
      let base = values.indices.filter { bits >> $0 & 1 == 0 }.map { values[$0] }
      let candidate = values.indices.filter { bits >> $0 & 1 == 1 }.map { values[$0] }
      for claim in Claim.allCases where claim.test(PairedSides(base, candidate), .none).holds {
        held[claim, default: 0] += 1
      }
    }
    #expect(deals == 70)
    for (claim, count) in held { #expect(Double(count) / Double(deals) <= claim.level, "\(claim)") }
  }

  @Test("Over all orders of three blocks, the share of false claims is at most the level")
  func falseClaimsInBlocks() {
    // The blocks differ from each other by much more than the values within a block.
    let blocks: [[Double]] = [[1, 2, 2, 3], [101, 103, 102, 101], [201, 209, 202, 203]]
    let halves = (0..<16).filter { $0.nonzeroBitCount == 2 }
    var held: [Claim: Int] = [:]
    for first in halves {
      for second in halves {
        for third in halves {
          let sides = PairedSides(
            blocks: zip(blocks, [first, second, third]).map { values, bits in
              PairedSides.Block(
                base: values.indices.filter { bits >> $0 & 1 == 0 }.map { BoundedValue(exactly: values[$0]) },
                candidate: values.indices.filter { bits >> $0 & 1 == 1 }.map {
                  BoundedValue(exactly: values[$0])
                })
            })
          for claim in Claim.allCases where claim.test(sides, .none).holds { held[claim, default: 0] += 1 }
        }
      }
    }
    #expect((held[.better] ?? 0) > 0, "a test without any claim shows nothing")
    for (claim, count) in held { #expect(Double(count) / 216 <= claim.level, "\(claim)") }
  }

  @Test("Five values above the margin against five are worse, with the probability 1 in 252")
  func worse() {
    let sides = PairedSides([10, 10, 11, 12, 10], [14, 15, 14, 16, 15])
    let evidence = Claim.worse.test(sides, .tenth)
    #expect(evidence.against == 0)
    #expect(agree(evidence.chance, 1 / 252))
    #expect(evidence.holds)
    #expect(!Claim.better.test(sides, .tenth).holds)
    #expect(!Claim.noRegression.test(sides, .tenth).holds)
  }

  @Test("Bounds that include the margin decide nothing")
  func boundsReachOver() {
    let base = [BoundedValue](repeating: BoundedValue(low: 9, high: 11), count: 5)
    let candidate = [BoundedValue](repeating: BoundedValue(low: 10, high: 14), count: 5)
    for claim in Claim.allCases {
      let evidence = claim.test(PairedSides(base, candidate), .tenth)
      #expect(evidence.against == 25)
      #expect(agree(evidence.chance, 1))
    }
  }

  @Test("Equal values show no regression, and no other claim")
  func equalValues() {
    let sides = PairedSides([5, 5, 5, 5, 5], [5, 5, 5, 5, 5])
    #expect(Claim.noRegression.test(sides, .tenth).holds)
    #expect(!Claim.worse.test(sides, .tenth).holds)
    #expect(!Claim.better.test(sides, .tenth).holds)
  }

  @Test("A base without any downtime is compared by the absolute margin")
  func zeroBase() {
    let margin = Margin(relative: 0.1, absolute: 0.2)
    #expect(Claim.noRegression.test(PairedSides([0, 0, 0, 0], [0, 0, 0, 0]), margin).holds)
    #expect(Claim.worse.test(PairedSides([0, 0, 0, 0], [1, 1, 1, 1]), margin).holds)
    #expect(!Claim.worse.test(PairedSides([0, 0, 0, 0], [0.2, 0.2, 0.2, 0.2]), margin).holds)
  }

  @Test(
    "A side with only censored values is worse than a base below its caps, and no regression is never shown")
  func censoredSide() {
    let base = (0..<4).map { BoundedValue(exactly: 10 + Double($0)) }
    let censored = (0..<4).map { _ in BoundedValue.censored(above: 60) }
    #expect(Claim.worse.test(PairedSides(base, censored), .tenth).holds)
    #expect(Claim.better.test(PairedSides(censored, base), .tenth).holds)
    for claim in Claim.allCases { #expect(!claim.test(PairedSides(censored, censored), .tenth).holds) }
  }

  @Test("Different caps decide nothing if they overlap with the other side")
  func mixedCaps() {
    // Four early aborts on the base's side: they may have lasted longer than any value of the candidate.
    let base = (0..<4).map { _ in BoundedValue.censored(above: 5) }
    let candidate = (0..<4).map { _ in BoundedValue(exactly: 20) }
    for claim in Claim.allCases { #expect(!claim.test(PairedSides(base, candidate), .tenth).holds) }
  }

  @Test("Three values a side can show no regression, but no other claim")
  func threeASide() {
    #expect(Claim.noRegression.test(PairedSides([10, 11, 12], [1, 2, 3]), .tenth).holds)
    #expect(!Claim.better.test(PairedSides([10, 11, 12], [1, 2, 3]), .tenth).holds)
    #expect(!Claim.worse.test(PairedSides([1, 2, 3], [10, 11, 12]), .tenth).holds)
  }

  @Test("A claim about no pairs does not hold")
  func noPairs() {
    for claim in Claim.allCases { #expect(!claim.test(PairedSides([1, 2, 3], [Double]()), .tenth).holds) }
  }

  @Test("Only pairs within a block are compared")
  func withinBlocks() {
    let sides = PairedSides(
      blocks: [([10.0, 11], [1.0, 2]), ([110, 111], [101, 102]), ([210, 211], [201, 202])].map {
        base, candidate in
        PairedSides.Block(
          base: base.map { BoundedValue(exactly: $0) }, candidate: candidate.map { BoundedValue(exactly: $0) }
        )
      })
    let evidence = Claim.better.test(sides, .none)
    #expect(evidence.against == 0)
    #expect(evidence.pairs == 12)
    #expect(agree(evidence.chance, 1 / 216))
  }
}
