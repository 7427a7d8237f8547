import FoundationEssentials
import Scenario

/// Reads a run's two files in pieces of any size. Neither is ever held in memory as a whole.
///
/// Reads journals of all earlier formats; refuses a newer format. An event of an unknown kind becomes
/// `Event.unknown`. An incomplete last line, as a killed run leaves it, is dropped; any other invalid line is an
/// error.
package struct JournalReader {
  private var journal = RunJournal(entries: [], samples: [])
  private var events = LineSplitter(file: "events.jsonl")
  private var rows = LineSplitter(file: "samples.csv")
  private var isFirstEvent = true
  private var isHeader = true
  private var words = SharedWords()
  private let decoder = JSONDecoder()

  package init() {}

  /// Takes the next piece of `events.jsonl`.
  ///
  /// - Throws: `JournalError` with the line number.
  package mutating func takeEvents(_ piece: UnsafeBufferPointer<UInt8>) throws(JournalError) {
    var events = events
    self.events = LineSplitter(file: "")
    try events.take(piece) { (number, line) throws(JournalError) in
      if isFirstEvent { try checkFormat(number, line) }
      isFirstEvent = false
      do {
        journal.entries.append(try entry(line))
      } catch {
        throw JournalError(file: "events.jsonl", line: number, reason: .unreadable("\(error)"))
      }
    }
    try events.check()
    self.events = events
  }

  /// Takes the next piece of `samples.csv`.
  ///
  /// - Throws: `JournalError` with the line number.
  package mutating func takeSamples(_ piece: UnsafeBufferPointer<UInt8>) throws(JournalError) {
    var rows = rows
    self.rows = LineSplitter(file: "")
    try rows.take(piece) { (number, row) throws(JournalError) in
      if isHeader {
        isHeader = false
        return
      }
      guard let sample = Sample(csv: row, sharing: &words) else {
        throw JournalError(file: "samples.csv", line: number, reason: .unreadable("not a sample"))
      }
      journal.samples.append(sample)
    }
    try rows.check()
    self.rows = rows
  }

  /// The journal, after the end of both files.
  package mutating func end() throws(JournalError) -> RunJournal {
    var (events, rows) = (events, rows)
    var newer: JournalError?
    events.end { number, line in
      do throws(JournalError) {
        if isFirstEvent { try checkFormat(number, line) }
      } catch {
        newer = error
        return
      }
      if let entry = try? entry(line) { journal.entries.append(entry) }
    }
    if let newer { throw newer }
    rows.end { _, row in
      if !isHeader, let sample = Sample(csv: row, sharing: &words) { journal.samples.append(sample) }
    }
    return journal
  }

  private func entry(_ line: UnsafeBufferPointer<UInt8>) throws -> Entry {
    try decoder.decode(Entry.self, from: Data(line))
  }

  /// The part of a first line that all formats have in common.
  private struct FirstLine: Decodable { var format: Int? }

  private func checkFormat(_ number: Int, _ line: UnsafeBufferPointer<UInt8>) throws(JournalError) {
    // A line that can't be decoded is reported later, where it is decoded.
    guard let format = (try? decoder.decode(FirstLine.self, from: Data(line)))?.format else { return }
    if format > JournalFormat.current {
      throw JournalError(file: "events.jsonl", line: number, reason: .newerFormat(format))
    }
  }
}

/// Strings that many samples share, such as a boot id. Strings that are too long to be stored inline in a `String` are
/// stored once.
struct SharedWords {
  private var known: Set<String> = []

  mutating func word(_ bytes: some Collection<UInt8>) -> String {
    let word = String(decoding: bytes, as: UTF8.self)
    return bytes.count < 16 ? word : known.insert(word).memberAfterInsert
  }
}
