import FoundationEssentials
import Scenario

/// A run read from its folder: the entries and samples in the order in which they were written.
package struct RunJournal: Equatable, Sendable {
  /// The lines of `events.jsonl`.
  package var entries: [Entry]
  /// The samples, in the order in which they were delivered.
  package var samples: [Sample]

  package init(entries: [Entry], samples: [Sample]) {
    self.entries = entries
    self.samples = samples
  }

  /// How the run began; nil if the first line is incomplete.
  package var began: RunBegan? {
    for entry in entries { if case .runBegan(let began) = entry.event { return began } }
    return nil
  }

  /// The last survey of each host, in the fleet's order.
  package var surveys: [HostSurvey] {
    let last = lastSurveys
    return began?.fleet.hosts.compactMap { last[$0.name] } ?? []
  }

  /// The settings that only the controller read; nil if there are none.
  var controllerSurvey: HostSurvey? { lastSurveys[Site.controller.name] }

  /// The last survey of each host, and of the controller.
  package var allSurveys: [HostSurvey] { surveys + [controllerSurvey].compactMap { $0 } }

  private var lastSurveys: [String: HostSurvey] {
    var last: [String: HostSurvey] = [:]
    for entry in entries { if case .hostSurveyed(let survey) = entry.event { last[survey.host] = survey } }
    return last
  }

  /// The kinds of events that this version doesn't have, with their counts.
  package var unknownEvents: [String: Int] {
    var counts: [String: Int] = [:]
    for entry in entries { if case .unknown(let kind) = entry.event { counts[kind, default: 0] += 1 } }
    return counts
  }

  /// Reads both files from memory; see `EntryReader` and `SampleReader`.
  ///
  /// - Throws: `JournalError` with the line number.
  package init(events: Data, samples bytes: Data) throws(JournalError) {
    var entries = EntryReader()
    var reader = SampleReader()
    var samples: [Sample] = []
    try Self.withBuffer(events) { (piece) throws(JournalError) in try entries.take(piece) }
    try Self.withBuffer(bytes) { (piece) throws(JournalError) in try reader.take(piece) { samples.append($0) }
    }
    reader.end { samples.append($0) }
    self.init(entries: try entries.end(), samples: samples)
  }

  private static func withBuffer(
    _ bytes: Data, _ body: (UnsafeBufferPointer<UInt8>) throws(JournalError) -> Void
  ) throws(JournalError) {
    let result = [UInt8](bytes).withUnsafeBufferPointer { piece in
      Result { () throws(JournalError) in try body(piece) }
    }
    try result.get()
  }
}

extension Entry {
  /// This entry as a line of `events.jsonl`, without the line end. Keys are sorted, so that an entry always has the
  /// same bytes.
  package func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
