import Statistics
import Testing

struct DesignPowerTests {
  private func power(_ trials: Int) -> DesignPower { DesignPower(blocks: [(trials, trials)]) }
  private func power(blocks: Int) -> DesignPower {
    DesignPower(blocks: Array(repeating: (2, 2), count: blocks))
  }

  @Test(
    "The number of pairs that may contradict a claim is that of the exact distribution",
    arguments: [
      (4, 0), (5, 2), (6, 5), (8, 13),
    ])
  func separate(trials: Int, allowed: Int) {
    #expect(power(trials).allowed(against: .worse) == allowed)
    #expect(power(trials).allowed(against: .better) == allowed)
  }

  @Test("Three trials a side can show no regression, and nothing else")
  func three() {
    #expect(power(3).allowed(against: .noRegression) == 0)
    #expect(power(3).allowed(against: .worse) == nil)
    #expect(power(3).deviations(for: .better) == nil)
    #expect(power(3).probability(of: .worse, at: 100) == 0)
    #expect(power(2).allowed(against: .noRegression) == nil)
  }

  @Test("Three blocks of four are the least for worse and better")
  func blocks() {
    #expect(power(blocks: 2).allowed(against: .worse) == nil)
    #expect(power(blocks: 3).allowed(against: .worse) == 1)
    #expect(power(blocks: 4).allowed(against: .worse) == 2)
    #expect(power(blocks: 4).pairs == 16)
  }

  /// The design's table: at a margin of 10 % and noise of 4 %, thus 2.5 standard deviations.
  @Test(
    "The probability to show no regression is that of the design",
    arguments: [
      (3, 0.75), (5, 0.95), (8, 0.99),
    ])
  func noRegression(trials: Int, expected: Double) {
    #expect(abs(power(trials).probability(of: .noRegression, at: 2.5) - expected) < 0.04)
  }

  @Test("More trials show a smaller difference")
  func more() throws {
    let differences = try [4, 5, 8, 12, 20].map { try #require(power($0).deviations(for: .worse)) }
    #expect(differences == differences.sorted(by: >))
    let few = try #require(power(5).deviations(for: .worse))
    #expect(abs(power(5).probability(of: .worse, at: few) - 0.8) < 0.001)
  }
}
