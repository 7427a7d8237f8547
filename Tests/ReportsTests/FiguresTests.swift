import Metrics
import Scenario
import Testing

@testable import Reports

@Suite struct FiguresTests {
  @Test(
    "A time is written in a suitable unit",
    arguments: [
      (0, "0 s"), (450, "0 µs"), (450_000, "450 µs"), (3_440_000, "3.4 ms"), (820_400_000, "820 ms"),
      (52_349_000_000, "52.3 s"), (52_350_000_000, "52.4 s"), (3_600_000_000_000, "3,600.0 s"),
      (-1_500_000_000, "−1.5 s"),
    ] as [(Int64, String)])
  func timesFitTheirUnit(_ count: Int64, _ text: String) {
    #expect(Figures.time(Nanoseconds(count)) == text)
  }

  @Test("Bounds are rounded outward")
  func boundsAreRoundedOutward() {
    let interval = Interval(
      estimate: .milliseconds(52_349), low: .milliseconds(52_199), high: .milliseconds(52_401))
    #expect(Figures.interval(interval) == "52.3 s (52.1 to 52.5)")
    #expect(Figures.interval(Interval(exactly: .seconds(2))) == "2.0 s")
    #expect(Figures.interval(.zero) == "0 s")
    #expect(
      Figures.number(-150, over: 1000, decimals: 1, .down) == "−0.2"
        && Figures.number(-150, over: 1000, decimals: 1, .up) == "−0.1")
  }

  @Test("Large numbers are grouped")
  func numbersAreGrouped() {
    #expect(
      [0, 999, 1000, 1_234_567, -1000].map(Figures.grouped) == ["0", "999", "1,000", "1,234,567", "−1,000"])
    #expect(Figures.percent(perMillion: 332_451) == "33.2 %")
  }

  @Test("A value that is censored or not observed is written as such")
  func whatWasNotMeasuredSaysSo() {
    #expect(Figures.span(.censored(moreThan: .seconds(90))) == "more than 90.0 s, censored")
    #expect(Figures.span(.notObserved(reason: "why")) == "not observed: why")
    #expect(Figures.short(.censored(moreThan: .seconds(90))) == "> 90.0 s")
  }
}
