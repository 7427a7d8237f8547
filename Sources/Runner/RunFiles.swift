import Glibc
import Journal
import Linux

/// The two files of a run's journal: `events.jsonl`, and `samples.bin`, or `samples.csv` before format 5.
package struct RunFiles: SampleSource, Sendable {
  /// The run's folder.
  package let path: String

  package init(path: String) { self.path = path }

  /// Reads the entries.
  ///
  /// - Throws: `SystemError` if the file can't be read, `JournalError` if it is invalid.
  package func entries() throws -> [Entry] {
    var reader = EntryReader()
    try Self.inPieces("\(path)/events.jsonl") { (piece) throws(JournalError) in try reader.take(piece) }
    return try reader.end()
  }

  /// Calls `body` with each sample, in the order in which they were written. At most one piece of the file is in
  /// memory.
  ///
  /// - Throws: the errors of `entries`.
  package func read(_ body: (Sample) -> Void) throws(any Error) {
    var reader = SampleReader()
    let current = "\(path)/samples.bin"
    let file = access(current, F_OK) == 0 ? current : "\(path)/samples.csv"
    try Self.inPieces(file) { (piece) throws(JournalError) in try reader.take(piece, body) }
    reader.end(body)
  }

  /// Reads the whole journal into memory.
  ///
  /// - Throws: the errors of `entries`.
  package func journal() throws -> RunJournal {
    var samples: [Sample] = []
    let entries = try entries()
    try read { samples.append($0) }
    return RunJournal(entries: entries, samples: samples)
  }

  /// The lengths of both files without an incomplete line or block at their ends.
  ///
  /// - Throws: the errors of `entries`.
  func wholeLengths() throws -> (events: Int, samples: Int) {
    var (length, whole) = (0, 0)
    try Self.inPieces("\(path)/events.jsonl") { (piece) throws(JournalError) in
      if let end = piece.lastIndex(of: UInt8(ascii: "\n")) { whole = length + end + 1 }
      length += piece.count
    }
    var reader = SampleReader()
    try Self.inPieces("\(path)/samples.bin") { (piece) throws(JournalError) in try reader.take(piece) { _ in }
    }
    return (whole, reader.wholeLength)
  }

  private static func inPieces(
    _ path: String, _ take: (UnsafeBufferPointer<UInt8>) throws(JournalError) -> Void
  ) throws {
    let file = try Descriptor(open: path, O_RDONLY)
    while true {
      let piece = try file.read(upTo: 1 << 18, from: path)
      if piece.isEmpty { return }
      try piece.withUnsafeBufferPointer { bytes in
        Result { () throws(JournalError) in try take(bytes) }
      }.get()
    }
  }
}
