import Scenario
import Testing

@Suite struct NanosecondsTests {
  @Test(
    "A whole number with a unit is read",
    arguments: [
      ("0s", 0), ("1ns", 1), ("250us", 250_000), ("100ms", 100_000_000), ("90s", 90_000_000_000),
      ("5m", 300_000_000_000), ("1h", 3_600_000_000_000), ("1500ms", 1_500_000_000), ("0h", 0),
      ("007s", 7_000_000_000),
      ("9223372036854775807ns", Int64.max),
    ])
  func readsAWholeNumberWithItsUnit(_ text: String, count: Int64) {
    #expect(Nanoseconds(text) == Nanoseconds(count))
  }

  @Test(
    "A text that isn't a whole number with a unit is refused",
    arguments: [
      "", "5", "s", "ms", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "5S", "5M", "5d", "5sec", "5s5", "1h30m",
      "0x5s",
      "1e3s", "٥s", "1:30", "5s\n",
    ])
  func refusesWhatIsNoSpan(_ text: String) {
    #expect(Nanoseconds(text) == nil)
  }

  @Test(
    "A span that doesn't fit into 64 bits is refused",
    arguments: [
      "2562048h", "153722868m", "9223372037s", "9223372036855ms", "9223372036854776us",
      "9223372036854775808ns",
      "99999999999999999999999s",
    ])
  func refusesWhatOverflows(_ text: String) {
    #expect(Nanoseconds(text) == nil)
  }

  @Test("A span is written in the largest unit that divides it")
  func writesTheLargestUnitThatDivides() {
    #expect(Nanoseconds.zero.description == "0s")
    #expect(Nanoseconds.seconds(90).description == "90s")
    #expect(Nanoseconds.seconds(120).description == "2m")
    #expect(Nanoseconds.seconds(7200).description == "2h")
    #expect(Nanoseconds.milliseconds(1500).description == "1500ms")
    #expect(Nanoseconds(1_000_001).description == "1000001ns")
    #expect((Nanoseconds.zero - .seconds(3)).description == "-3s")
  }

  @Test("A span is read as it was written")
  func whatIsWrittenIsReadBack() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let unit: Int64 =
        [1, 1000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000].randomElement() ?? 1
      let span = Nanoseconds(Int64.random(in: 0...(Int64.max / unit), using: &generator) * unit)
      #expect(Nanoseconds(span.description) == span, "\(span.count)")
    }
  }

  @Test("Spans are added, divided and compared")
  func countsAsASpanDoes() {
    #expect(Nanoseconds.seconds(1) + .milliseconds(500) == .milliseconds(1500))
    #expect(Nanoseconds.seconds(1) - .seconds(2) < .zero)
    #expect(Nanoseconds(7) / 2 == Nanoseconds(3))
    #expect(Nanoseconds(-7) / 2 == Nanoseconds(-3))
    #expect(Nanoseconds.milliseconds(3) * 4 == .milliseconds(12))
    #expect(Nanoseconds.milliseconds(1500).inSeconds == 1.5)
  }

  /// A number in a file or a message must not crash its reader.
  @Test("Arithmetic that overflows gives the largest or the smallest span")
  func figuresBeyondAllTimeEndAtTheLargest() {
    let longest = Nanoseconds(.max)
    let least = Nanoseconds(.min)
    #expect(longest + .seconds(1) == longest && least + Nanoseconds(-1) == least)
    #expect(least - .seconds(1) == least && longest - Nanoseconds(-1) == longest)
    #expect(longest * 2 == longest && longest * -2 == least && least * -2 == longest && least * 2 == least)
    #expect(.seconds(1) + .seconds(-3) == .seconds(-2) && .seconds(2) * -3 == .seconds(-6))
  }
}
