import FoundationEssentials
import Scenario

/// Reads `events.jsonl` in pieces of any size.
///
/// It reads journals of all earlier formats, and refuses a newer format. An event of an unknown kind becomes
/// `Event.unknown`. If a run was killed, its last line may be incomplete; this line is dropped. Any other invalid line
/// is an error.
package struct EntryReader {
  private var entries: [Entry] = []
  private var events = LineSplitter(file: "events.jsonl")
  private var isFirst = true
  private let decoder = JSONDecoder()

  package init() {}

  /// Reads the next piece.
  ///
  /// - Throws: `JournalError` with the line number.
  package mutating func take(_ piece: UnsafeBufferPointer<UInt8>) throws(JournalError) {
    var events = events
    self.events = LineSplitter(file: "")
    try events.take(piece) { (number, line) throws(JournalError) in
      if isFirst { try checkFormat(number, line) }
      isFirst = false
      do {
        entries.append(try entry(line))
      } catch {
        let reason = (error as? DecodingError)?.words ?? "\(error)"
        throw JournalError(file: "events.jsonl", line: number, reason: .unreadable(reason))
      }
    }
    try events.check()
    self.events = events
  }

  /// The entries, after the end of the file.
  package mutating func end() throws(JournalError) -> [Entry] {
    var events = events
    var newer: JournalError?
    events.end { number, line in
      do throws(JournalError) {
        if isFirst { try checkFormat(number, line) }
      } catch {
        newer = error
        return
      }
      if let entry = try? entry(line) { entries.append(entry) }
    }
    if let newer { throw newer }
    return entries
  }

  private func entry(_ line: UnsafeBufferPointer<UInt8>) throws -> Entry {
    try decoder.decode(Entry.self, from: Data(line))
  }

  /// The part of a first line that all formats share.
  private struct FirstLine: Decodable { var format: Int? }

  private func checkFormat(_ number: Int, _ line: UnsafeBufferPointer<UInt8>) throws(JournalError) {
    // A line that can't be decoded is reported by the code that decodes it.
    guard let format = (try? decoder.decode(FirstLine.self, from: Data(line)))?.format else { return }
    if format > JournalFormat.current {
      throw JournalError(file: "events.jsonl", line: number, reason: .newerFormat(format))
    }
  }
}
