import Reports
import Scenario
import Testing

@testable import Comparison

struct PlannedComparisonTests {
  private let scenario = HandMadeSide([10]).scenario

  private func words(_ planned: PlannedComparison) -> [String] { PlannedWords(planned: planned).lines }

  @Test(
    "A plan names the verdicts that its trials can reach",
    arguments: [
      (1, "can show nothing; 5 trials"), (3, "can show 'no regression' at best; 5 trials"),
      (4, "can show each verdict, but can't notice a drift; 5 trials"), (5, "can show each verdict"),
    ])
  func separate(trials: Int, expected: String) {
    let line = words(PlannedComparison(separate: trials, scenario))[0]
    #expect(line.contains(expected), "\(line)")
  }

  @Test("A plan of a thousand trials is computed as one of forty")
  func many() {
    let planned = PlannedComparison(separate: 1000, scenario)
    #expect(planned.deviations == PlannedComparison(separate: 40, scenario).deviations)
    #expect(planned.deviations.map { $0 < 1 } == true)
  }

  @Test("Three blocks of four are the least for every verdict of an interleaved run")
  func interleaved() {
    #expect(PlannedComparison(blocks: 2, scenario).claims == ["no-regression"])
    #expect(PlannedComparison(blocks: 2, scenario).fewestForAll == 3)
    #expect(PlannedComparison(blocks: 3, scenario).claims == ["worse", "better", "no-regression"])
    // Without the allowance for separate runs.
    #expect(PlannedComparison(blocks: 3, scenario).percent == 10)
    #expect(PlannedComparison(separate: 6, scenario).percent == 20)
  }

  @Test("Values of an earlier run turn the noise into a difference in seconds")
  func earlier() throws {
    let steady = try HandMadeSide([20, 20.1, 19.9, 20, 20.1]).side
    let planned = PlannedComparison(separate: 5, scenario, earlier: steady)
    let noise = try #require(planned.noise)
    #expect(noise.key == "website.downtime")
    #expect(abs(noise.median - 20e9) < 0.2e9)
    #expect(noise.allowsNoRegression)
    let shown = try #require(noise.shown)
    #expect(shown > 4e9 && shown < 5e9, "20 % of 20 s, and some noise: \(shown)")
    let noisy = PlannedComparison(separate: 5, scenario, earlier: try HandMadeSide([5, 35, 20, 9, 31]).side)
    #expect(noisy.noise?.allowsNoRegression == false)
    let few = try HandMadeSide([20, 20]).side
    #expect(PlannedComparison(separate: 5, scenario, earlier: few).noise == nil)
  }
}
