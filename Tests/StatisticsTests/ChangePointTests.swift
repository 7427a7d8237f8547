import Scenario
import Statistics
import Testing

struct ChangePointTests {
  @Test("The probability of a change is the share of all orders of the values")
  func exact() throws {
    // Four low values, then four high ones: only they and their mirror image reach an excess of 16. Each is one of
    // 4! x 4! of the 8! orders.
    let values = [1, 2, 3, 4, 11, 12, 13, 14].map { BoundedValue(exactly: $0) }
    let change = try #require(ChangePoint(values))
    #expect(change.index == 4)
    #expect(agree(change.chance, 2.0 * 24 * 24 / 40320))
  }

  @Test("The place of a change in a long series is found")
  func drawn() throws {
    var generator = SeededGenerator(seed: 7)
    let values = (0..<24).map {
      BoundedValue(exactly: $0 < 10 ? Double.random(in: 40...48, using: &generator) : 60)
    }
    let change = try #require(ChangePoint(values))
    #expect(change.index == 10)
    #expect(change.chance < 0.001)
    #expect(ChangePoint(values) == change)
  }

  @Test("Overlapping bounds show no change, and a single value has no change")
  func none() throws {
    let values = (0..<9).map { BoundedValue(low: Double($0), high: Double($0) + 20) }
    #expect(try #require(ChangePoint(values)).chance == 1)
    #expect(ChangePoint([BoundedValue(exactly: 1)]) == nil)
  }
}
