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

  /// The kinds of events that this version doesn't know, with how often each occurs.
  package var unknownEvents: [String: Int] {
    var counts: [String: Int] = [:]
    for entry in entries { if case .unknown(let kind) = entry.event { counts[kind, default: 0] += 1 } }
    return counts
  }

  /// Reads both files from memory; see `JournalReader`.
  ///
  /// - Throws: `JournalError` with the file's line.
  package init(events: Data, samples csv: Data) throws(JournalError) {
    var reader = JournalReader()
    for (bytes, isEvents) in [([UInt8](events), true), ([UInt8](csv), false)] {
      let result = bytes.withUnsafeBufferPointer { bytes in
        Result { () throws(JournalError) in
          if isEvents { try reader.takeEvents(bytes) } else { try reader.takeSamples(bytes) }
        }
      }
      try result.get()
    }
    self = try reader.end()
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
