import FoundationEssentials
import Scenario
import Testing

@testable import Journal

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

  @Test("A journal is read as it was written")
  func readsBackEqual() throws {
    let journal = try RunJournal(events: joined(events()), samples: csv(samples.map(\.csv)))
    #expect(journal == RunJournal(entries: entries, samples: samples))
    #expect(journal.began?.seed == UInt64.max)
  }

  @Test("A journal that is read in pieces of any size has the same content")
  func pieces() throws {
    let (events, rows) = (Array(joined(try events())), Array(csv(samples.map(\.csv))))
    for size in [1, 2, 7, 64, 4096] {
      var (entryReader, sampleReader) = (EntryReader(), SampleReader())
      for begin in stride(from: 0, to: events.count, by: size) {
        try events[begin..<min(begin + size, events.count)].withUnsafeBufferPointer {
          try entryReader.take($0)
        }
      }
      var read: [Sample] = []
      for begin in stride(from: 0, to: rows.count, by: size) {
        try rows[begin..<min(begin + size, rows.count)].withUnsafeBufferPointer {
          try sampleReader.take($0) { read.append($0) }
        }
      }
      sampleReader.end { read.append($0) }
      #expect(try entryReader.end() == entries, "\(size)")
      #expect(read == samples, "\(size)")
    }
  }

  @Test("The first line has the number of the format")
  func format() throws {
    let lines = try events().map { String(decoding: $0, as: UTF8.self) }
    #expect(
      lines[0].hasPrefix(
        #"{"at":0,"event":"run.began","format":\#(JournalFormat.current),"trial":1,"value":{"#))
    #expect(!lines.dropFirst().contains { $0.contains(#""format":"#) })
  }

  @Test("A newer format is refused with both numbers")
  func newerFormat() throws {
    let newer = JournalFormat.current + 1
    for rest in [#""event":"run.began","value":{"#, #""event":"moon.fell","#, #""what":{},"#] {
      let line = #"{"format":\#(newer),"at":"noon","# + rest.replacing(#""value":{"#, with: #""value":{},"#)
      for text in [line + #""x":1}"# + "\n", line + #""x":1}"#] {
        let error = #expect(throws: JournalError.self) {
          try RunJournal(events: Data(text.utf8), samples: Data())
        }
        #expect(error?.reason == .newerFormat(newer), "\(text)")
        #expect(error?.line == 1)
      }
    }
  }

  @Test("Unknown kinds of events are counted, and all other lines are read")
  func unknownEvents() throws {
    let strange = Data(#"{"at":7,"event":"moon.fell","trial":1,"where":[1,{"a":null}]}"#.utf8)
    let journal = try RunJournal(events: joined([strange] + events() + [strange]), samples: csv([]))
    #expect(journal.entries.filter { $0.event != .unknown(kind: "moon.fell") } == entries.dropLast())
    #expect(journal.unknownEvents == ["moon.fell": 3])
  }

  @Test("A line that is too long is refused before it is read completely")
  func endlessLine() throws {
    let pieces = [Array("one\ntw".utf8), Array("o two tw".utf8)]
    var lines = LineSplitter(file: "samples.csv", longest: 9)
    pieces[0].withUnsafeBufferPointer { lines.take($0) { _, _ in } }
    try lines.check()
    pieces[1].withUnsafeBufferPointer { lines.take($0) { _, _ in } }
    #expect(throws: JournalError(file: "samples.csv", line: 2, reason: .unreadable("longer than 9 bytes"))) {
      try lines.check()
    }
  }

  @Test("A journal without lines is empty")
  func isEmptyBeforeItsFirstLine() throws {
    let journal = try RunJournal(events: Data(), samples: Data())
    #expect(journal == RunJournal(entries: [], samples: []))
    #expect(journal.began == nil)
  }

  @Test("An incomplete last line is ignored")
  func aLastLineThatWasCutOffIsDropped() throws {
    let whole = joined(try events())
    let last = try #require(try events().last)
    // The last line is cut at every place before its end.
    for missing in 2...last.count {
      let journal = try RunJournal(events: whole.dropLast(missing), samples: csv([]))
      #expect(journal.entries == Array(entries.dropLast()))
    }
    // Only the end of the line is missing: the entry is whole.
    #expect(try RunJournal(events: whole.dropLast(1), samples: csv([])).entries == entries)
  }

  @Test("An incomplete last sample is ignored")
  func aLastSampleThatWasCutOffIsDropped() throws {
    let rows = csv(samples.map(\.csv))
    let cut = rows.dropLast(samples[4].csv.utf8.count - 5)
    #expect(try RunJournal(events: Data(), samples: cut).samples == Array(samples.dropLast()))
  }

  @Test("A broken line in the middle is an error with its line number")
  func aBrokenLineInTheMiddleIsAnErrorWithItsNumber() throws {
    var lines = try events()
    lines[6] = Data("{\"at\":1".utf8)
    let error = #expect(throws: JournalError.self) {
      try RunJournal(events: joined(lines), samples: csv([]))
    }
    #expect(error?.file == "events.jsonl")
    #expect(error?.line == 7)
  }

  @Test("A broken last line that ends with a newline is an error")
  func aBrokenLastLineWithItsEndIsAnError() throws {
    let error = #expect(throws: JournalError.self) {
      try RunJournal(events: joined(events() + [Data("{}".utf8)]), samples: csv([]))
    }
    #expect(error?.line == entries.count + 1)
  }

  @Test("A broken sample is an error with its line number")
  func aBrokenSampleIsAnErrorWithItsNumber() throws {
    var rows = samples.map(\.csv)
    rows[2] = "1,website,3"
    let error = #expect(throws: JournalError.self) {
      try RunJournal(events: Data(), samples: csv(rows))
    }
    #expect(error?.file == "samples.csv")
    #expect(error?.line == 4)
  }
}
