import Journal
import Scenario
import Testing

@Suite struct SampleTests {
  private let sample = Sample(
    trial: 2, probe: "website", sequence: Int64.max, scheduled: Nanoseconds(1), sent: Nanoseconds(2),
    completed: Nanoseconds(Int64.max), verdict: .ok, status: "200", boot: "4711-a",
    parts: RequestParts(connected: Nanoseconds(5), firstByte: Nanoseconds(70)))

  @Test("A sample in CSV has the same bytes in every version") func hasTheseBytes() {
    #expect(
      Sample.csvHeader
        == "trial,probe,sequence,scheduled,sent,completed,verdict,status,boot,resolved,connected,secured,first-byte"
    )
    #expect(sample.csv == "2,website,9223372036854775807,1,2,9223372036854775807,ok,200,4711-a,,5,,70")
  }

  @Test("A sample of each verdict is read as it was written", arguments: Sample.Verdict.allCases)
  func readsBackEqual(_ verdict: Sample.Verdict) {
    var sample = sample
    sample.verdict = verdict
    #expect(Sample(csv: sample.csv) == sample)
    sample.sent = nil
    sample.boot = nil
    sample.parts = nil
    #expect(Sample(csv: sample.csv) == sample)
  }

  @Test("A line of a run before format 5, without parts, is read")
  func olderLine() {
    var older = sample
    older.parts = nil
    #expect(Sample(csv: "2,website,9223372036854775807,1,2,9223372036854775807,ok,200,4711-a") == older)
  }

  @Test(
    "A status or boot is one word in CSV",
    arguments: [
      ("a,b", "a_b"), ("a \"b\"", "a _b_"), ("two\nlines", "two_lines"), ("two\r\nlines", "two_lines"),
      ("two\rlines", "two_lines"), ("\u{2028}\u{2029}\u{85}\u{0B}\u{0C}", "_____"), ("é 🐈 '", "é 🐈 '"),
      (",,,,,,,,,", "_________"),
    ])
  func aServicesWordsCannotBreakALine(_ word: String, _ kept: String) throws {
    var sample = sample
    sample.status = word
    sample.boot = word
    let line = sample.csv
    #expect(!line.contains { $0.isNewline })
    let read = try #require(Sample(csv: line))
    #expect(read.status == kept)
    #expect(read.boot == kept)
    sample.status = kept
    sample.boot = kept
    #expect(read == sample)
  }

  @Test(
    "A line with wrong columns is not a sample",
    arguments: [
      "", "1,website", Sample.csvHeader, "1,website,1,1,1,1,ok,200", "1,website,1,1,1,1,ok,200,,",
      "x,website,1,1,1,1,ok,200,", "1,website,,1,1,1,ok,200,", "1,website,1,1,x,1,ok,200,",
      "1,website,1,1,1,1,fine,200,", "1,website,1,1.5,1,1,ok,200,", "1,website,1,1,1,,ok,200,",
      "1,website,1,1,1,9223372036854775808,ok,200,",
    ])
  func isNoSample(_ line: String) {
    #expect(Sample(csv: line) == nil)
  }

  @Test("A sample's latency begins at its scheduled time")
  func latencyRunsFromTheSchedule() {
    #expect(
      Sample(
        trial: 1, probe: "p", sequence: 1, scheduled: .seconds(1), sent: .seconds(5), completed: .seconds(6),
        verdict: .ok, status: ""
      ).latency == .seconds(5))
  }
}
