import FoundationEssentials
import Journal
import Scenario
import Testing

@Suite struct RunJournalTests {
  private let entries = EveryEvent.all.enumerated().map {
    Entry(at: Nanoseconds(Int64($0.offset)), trial: 1, event: $0.element)
  }
  private let samples = (1...5).map { number in
    Sample(
      trial: 1, probe: "website", sequence: number, scheduled: Nanoseconds(number), sent: Nanoseconds(number),
      completed: Nanoseconds(number + 1), verdict: .ok, status: "200")
  }

  private func events() throws -> [Data] { try entries.map { try $0.json() } }
  private func joined(_ lines: [Data]) -> Data { Data(lines.flatMap { $0 + [UInt8(ascii: "\n")] }) }
  private func csv(_ rows: [String]) -> Data {
    Data(([Sample.csvHeader] + rows).map { $0 + "\n" }.joined().utf8)
  }

  @Test func readsBackEqual() throws {
    let journal = try RunJournal(events: joined(events()), samples: csv(samples.map(\.csv)))
    #expect(journal == RunJournal(entries: entries, samples: samples))
    #expect(journal.began?.seed == UInt64.max)
  }

  @Test func isEmptyBeforeItsFirstLine() throws {
    let journal = try RunJournal(events: Data(), samples: Data())
    #expect(journal == RunJournal(entries: [], samples: []))
    #expect(journal.began == nil)
  }

  @Test func aLastLineThatWasCutOffIsDropped() throws {
    let whole = joined(try events())
    let last = try #require(try events().last)
    // Cut anywhere in the last line, its end not included.
    for missing in 2...last.count {
      let journal = try RunJournal(events: whole.dropLast(missing), samples: csv([]))
      #expect(journal.entries == Array(entries.dropLast()))
    }
    // Only the end of the line is missing: the entry is whole.
    #expect(try RunJournal(events: whole.dropLast(1), samples: csv([])).entries == entries)
  }

  @Test func aLastSampleThatWasCutOffIsDropped() throws {
    let rows = csv(samples.map(\.csv))
    let cut = rows.dropLast(samples[4].csv.utf8.count - 5)
    #expect(try RunJournal(events: Data(), samples: cut).samples == Array(samples.dropLast()))
  }

  @Test func aBrokenLineInTheMiddleIsAnErrorWithItsNumber() throws {
    var lines = try events()
    lines[6] = Data("{\"at\":1".utf8)
    let error = #expect(throws: JournalError.self) {
      try RunJournal(events: joined(lines), samples: csv([]))
    }
    #expect(error?.file == "events.jsonl")
    #expect(error?.line == 7)
    #expect(error?.description.hasPrefix("events.jsonl:7: ") == true)
  }

  @Test func aBrokenLastLineWithItsEndIsAnError() throws {
    let error = #expect(throws: JournalError.self) {
      try RunJournal(events: joined(events() + [Data("{}".utf8)]), samples: csv([]))
    }
    #expect(error?.line == entries.count + 1)
  }

  @Test func aBrokenSampleIsAnErrorWithItsNumber() throws {
    var rows = samples.map(\.csv)
    rows[2] = "1,website,3"
    let error = #expect(throws: JournalError.self) {
      try RunJournal(events: Data(), samples: csv(rows))
    }
    #expect(error?.file == "samples.csv")
    #expect(error?.line == 4)
  }
}
