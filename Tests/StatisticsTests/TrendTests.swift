import Statistics
import Testing

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
