import Statistics
import Testing

struct ProportionTests {
  @Test("The bounds of a proportion equal scipy's bounds by Clopper and Pearson")
  func boundsAreScipys() throws {
    for each in try Oracle.scipy().proportions {
      let proportion = Proportion(each.successes, of: each.trials)
      #expect(agree(proportion.low, each.low), "\(each)")
      #expect(agree(proportion.high, each.high), "\(each)")
    }
  }

  @Test("Three of three show a rate of 37 %, ten of ten 74 %, 59 of 59 95 %")
  func allOfAll() {
    #expect((Proportion(3, of: 3).low * 100).rounded() == 37)
    #expect((Proportion(10, of: 10).low * 100).rounded() == 74)
    #expect((Proportion(59, of: 59).low * 100).rounded() == 95)
    #expect(Proportion(0, of: 36).high < 0.08)
  }

  @Test("Holm's procedure stops at the first probability above the level of its step")
  func holm() {
    #expect(Holm.accepted([0.04, 0.01, 0.02], level: 0.05) == [true, true, true])
    #expect(Holm.accepted([0.03, 0.01, 0.03], level: 0.05) == [false, true, false])
    #expect(Holm.accepted([0.02, 0.2, 0.02], level: 0.05) == [false, false, false])
    #expect(Holm.accepted([], level: 0.05) == [])
  }
}
