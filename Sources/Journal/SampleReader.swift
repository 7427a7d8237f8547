/// Reads a run's samples in pieces of any size, from `samples.bin`, or from the `samples.csv` of a run before format 5.
///
/// If a run was killed, an incomplete record at the end is dropped. Any other invalid data is an error.
package struct SampleReader {
  private enum Form {
    case open
    case records(SampleDecoder)
    case lines(SampleLines)
  }

  private var form = Form.open
  private var trials = TrialsInOrder()

  package init() {}

  /// Reads the next piece, and calls `body` with each sample that it completes.
  ///
  /// - Throws: `JournalError` with the number of the line or block.
  package mutating func take(
    _ piece: UnsafeBufferPointer<UInt8>, _ body: (Sample) -> Void
  ) throws(JournalError) {
    if case .open = form, let first = piece.first {
      // The first line of `samples.csv` has the names of its columns, of which the first is `trial`.
      form = first == SampleEncoder.header.first ? .records(SampleDecoder()) : .lines(SampleLines())
    }
    var trials = trials
    defer { self.trials = trials }
    switch form {
    case .open: break
    case .records(var decoder):
      form = .open
      try decoder.take(piece) { if trials.take($0) { body($0) } }
      try trials.check(SampleDecoder.file)
      form = .records(decoder)
    case .lines(var lines):
      form = .open
      try lines.take(piece) { if trials.take($0) { body($0) } }
      try trials.check(SampleLines.file)
      form = .lines(lines)
    }
  }

  /// The number of bytes up to the end of the last complete block of `samples.bin`.
  package var wholeLength: Int { if case .records(let decoder) = form { decoder.wholeLength } else { 0 } }

  /// Calls `body` with a last sample whose line has no line end.
  package mutating func end(_ body: (Sample) -> Void) {
    if case .lines(var lines) = form { lines.end { if trials.take($0) { body($0) } } }
  }
}

/// Refuses a sample of a trial before the last two, which no run writes: metrics don't keep those.
private struct TrialsInOrder {
  private var previous = Int.min
  private var latest = Int.min
  private var count = 0
  private var misplaced: Int?

  /// Whether the sample is in order.
  mutating func take(_ sample: Sample) -> Bool {
    count += 1
    if sample.trial == latest || sample.trial == previous { return true }
    if sample.trial < latest {
      misplaced = misplaced ?? count
      return false
    }
    (previous, latest) = (latest, sample.trial)
    return true
  }

  func check(_ file: String) throws(JournalError) {
    guard let misplaced else { return }
    throw JournalError(
      file: file, line: misplaced, reason: .unreadable("a sample of a trial that had ended long before"))
  }
}

/// The lines of `samples.csv`.
private struct SampleLines {
  static let file = "samples.csv"

  private var rows = LineSplitter(file: file)
  private var isHeader = true
  private var words = SharedWords()

  mutating func take(_ piece: UnsafeBufferPointer<UInt8>, _ body: (Sample) -> Void) throws(JournalError) {
    try rows.take(piece) { (number, row) throws(JournalError) in
      if isHeader {
        isHeader = false
        return
      }
      guard let sample = Sample(csv: row, sharing: &words) else {
        throw JournalError(file: Self.file, line: number, reason: .unreadable("not a sample"))
      }
      body(sample)
    }
    try rows.check()
  }

  mutating func end(_ body: (Sample) -> Void) {
    rows.end { _, row in
      if !isHeader, let sample = Sample(csv: row, sharing: &words) { body(sample) }
    }
  }
}

/// Words that many samples share, such as a boot id. Words that a `String` can't store inline are stored once.
struct SharedWords {
  private var known: Set<String> = []

  mutating func word(_ bytes: some Collection<UInt8>) -> String {
    let word = String(decoding: bytes, as: UTF8.self)
    return bytes.count < 16 ? word : known.insert(word).memberAfterInsert
  }
}
