import Testing

@testable import Statistics

struct TrendTests {
  @Test(
    "The probability of a trend without ties equals that of scipy's exact Kendall test, and its slope that of theilslopes"
  )
  func chanceIsScipys() throws {
    for each in try Oracle.scipy().trends {
      let trend = Trend(each.values.map { BoundedValue(exactly: $0) })
      #expect(agree(trend.chance, each.chance), "\(each)")
      let slope = try #require(trend.slope)
      // An even number of slopes has two in the middle; their mean is scipy's.
      #expect(agree((slope.low + slope.high) / 2, each.slope), "\(each)")
    }
  }

  @Test("Where the normal distribution replaces the exact one, both have nearly the same probabilities")
  func normal() {
    let count = Trend.mostExact
    let pairs = count * (count - 1) / 2
    var compared = 0
    for excess in stride(from: pairs % 2, through: 1200, by: 150) {
      let exact = Trend.exactProbability(ofAtLeast: excess, among: count)
      let normal = Trend.normalProbability(ofAtLeast: excess, among: count)
      #expect(abs(normal - exact) < 0.0006, "\(excess): \(exact), \(normal)")
      if exact < 0.001 { continue }
      compared += 1
      #expect(normal / exact < 1.07 && normal / exact > 0.997, "\(excess): \(exact), \(normal)")
    }
    #expect(compared >= 5)
    #expect(
      Trend.probability(ofAtLeast: 600, among: count) == Trend.exactProbability(ofAtLeast: 600, among: count))
    #expect(
      Trend.probability(ofAtLeast: 600, among: count + 1)
        == Trend.normalProbability(ofAtLeast: 600, among: count + 1))
  }

  @Test("A trend of many values is found, and a shuffled order shows none")
  func many() {
    let rising = (0..<500).map { BoundedValue(exactly: Double($0)) }
    #expect(Trend(rising).chance < 1e-12)
    // A fixed order without a trend: multiples of a number without a common divisor.
    let mixed = (0..<500).map { BoundedValue(exactly: Double($0 * 207 % 499)) }
    #expect(Trend(mixed).chance > 0.05)
  }

  @Test("Bounds that overlap show no trend")
  func overlap() {
    let trend = Trend([1, 2, 3, 4, 5, 6].map { BoundedValue(low: $0, high: $0 + 10) })
    #expect(trend.rises == 0)
    #expect(trend.chance == 1)
  }

  @Test("Six rising values are a trend, but two are not")
  func few() {
    #expect(Trend([1, 2, 3, 4, 5, 6].map { BoundedValue(exactly: $0) }).chance < 0.01)
    #expect(agree(Trend([1, 2].map { BoundedValue(exactly: $0) }).chance, 1))
    #expect(Trend([]).chance == 1)
  }
}
