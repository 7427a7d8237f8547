import FoundationEssentials
import Scenario

/// A run read back from its folder: the entries and samples in the order in which they were written.
package struct RunJournal: Equatable, Sendable {
  /// The lines of `events.jsonl`.
  package var entries: [Entry]
  /// The lines of `samples.csv`.
  package var samples: [Sample]

  /// A journal of these parts.
  package init(entries: [Entry], samples: [Sample]) {
    self.entries = entries
    self.samples = samples
  }

  /// How the run began; nil for a journal that was cut before its first line was whole.
  package var began: RunBegan? {
    for entry in entries { if case .runBegan(let began) = entry.event { return began } }
    return nil
  }

  /// Reads `events.jsonl` and `samples.csv`. A last line that was cut off, as a killed run leaves it, is
  /// dropped; any other line that can't be read is an error.
  ///
  /// - Throws: `JournalError` with the file's line.
  package init(events: Data, samples csv: Data) throws(JournalError) {
    var entries: [Entry] = []
    let decoder = JSONDecoder()
    let lines = events.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    for (index, line) in lines.enumerated() {
      do {
        entries.append(try decoder.decode(Entry.self, from: Data(line)))
      } catch {
        if index == lines.count - 1, events.last != UInt8(ascii: "\n") { break }
        throw JournalError(file: "events.jsonl", line: index + 1, reason: "\(error)")
      }
    }
    var samples: [Sample] = []
    let rows = csv.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    for (index, row) in rows.enumerated() where index > 0 {
      guard let sample = Sample(csv: String(decoding: row, as: UTF8.self)) else {
        if index == rows.count - 1, csv.last != UInt8(ascii: "\n") { break }
        throw JournalError(file: "samples.csv", line: index + 1, reason: "not a sample")
      }
      samples.append(sample)
    }
    self.init(entries: entries, samples: samples)
  }
}

/// A journal that can't be read.
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file in the run's folder.
  package var file: String
  /// Its line, from 1.
  package var line: Int
  /// What is wrong with it.
  package var reason: String

  /// `events.jsonl:3: …`.
  package var description: String {
    "\(file):\(line): \(reason); the line was changed or lost after the run: restore the file from a copy"
  }
}

extension Entry {
  /// This entry as a line of `events.jsonl`, without the line's end; keys are sorted, so that the same entry is
  /// always the same bytes.
  package func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
