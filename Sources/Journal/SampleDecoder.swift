import Scenario

/// Decodes `samples.bin`, which arrives in pieces of any size; see `SampleEncoder`. At most one block, one piece and
/// the words are in memory.
///
/// If the writer was killed, or its machine lost power, the file ends within a block, or with zeros after a block with
/// a wrong checksum. This block is dropped. Any other data after a block with a wrong checksum is an error.
struct SampleDecoder {
  static let file = "samples.bin"
  private static let frame = 8

  private var rest: [UInt8] = []
  private var hasHeader = false
  /// The number of the next block, from 1.
  private var number = 1
  /// A block with a wrong checksum.
  private var broken: Int?
  private var words: [String] = []
  /// The number of bytes up to the end of the last complete block.
  private(set) var wholeLength = 0

  /// Calls `body` with each sample that the piece completes.
  mutating func take(_ piece: UnsafeBufferPointer<UInt8>, _ body: (Sample) -> Void) throws(JournalError) {
    var bytes: [UInt8] = []
    swap(&bytes, &rest)
    bytes += piece
    var at = 0
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(JournalError) in
        if !hasHeader, !(try takeHeader(bytes, &at)) { return }
        while broken == nil, let length = try block(bytes, &at) {
          var records = Records(bytes: UnsafeRawBufferPointer(rebasing: bytes[at..<at + length]))
          try take(&records, body)
          at += length
          wholeLength += Self.frame + length
          number += 1
        }
        if let broken {
          if bytes[at...].contains(where: { $0 != 0 }) { throw unreadable(broken, "has a wrong checksum") }
          at = bytes.count
        }
      }
    }
    try result.get()
    bytes.removeFirst(at)
    rest = bytes
  }

  private func unreadable(_ number: Int, _ what: String) -> JournalError {
    JournalError(file: Self.file, line: number, reason: .unreadable(what))
  }

  /// Whether the first line is complete.
  private mutating func takeHeader(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) throws(JournalError)
    -> Bool
  {
    let text = SampleEncoder.headerText
    guard let end = bytes.prefix(text.utf8.count + 20).firstIndex(of: UInt8(ascii: "\n")) else {
      if bytes.count > text.utf8.count + 20 { throw unreadable(1, "not a file of samples") }
      return false
    }
    let line = String(decoding: bytes[..<end], as: UTF8.self)
    guard line.hasPrefix(text), let format = Int(line.dropFirst(text.count)) else {
      throw unreadable(1, "not a file of samples")
    }
    if format > JournalFormat.current {
      throw JournalError(file: Self.file, line: 1, reason: .newerFormat(format))
    }
    hasHeader = true
    at = end + 1
    wholeLength = at
    return true
  }

  /// The length of the records of the block at `at`, which moves to their beginning. Nil if the block is incomplete or
  /// has a wrong checksum.
  private mutating func block(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) throws(JournalError) -> Int? {
    guard at + Self.frame <= bytes.count else { return nil }
    let length = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))
    let complement = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 2, as: UInt16.self))
    guard complement == ~length else {
      broken = number
      // The frame was written in part, and its rest is zero.
      at += 4
      return nil
    }
    let begin = at + Self.frame
    guard begin + Int(length) <= bytes.count else { return nil }
    let crc = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
    at = begin
    if crc == CRC32.of(UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + Int(length)])) {
      return Int(length)
    }
    broken = number
    at += Int(length)
    return nil
  }

  private mutating func take(_ records: inout Records, _ body: (Sample) -> Void) throws(JournalError) {
    while let kind = records.byte() {
      switch kind {
      case RecordKind.word:
        guard words.count < SampleEncoder.mostWords, let length = records.unsigned(),
          length <= SampleEncoder.longestWord, let word = records.text(Int(length))
        else { throw unreadable(number, "not a word") }
        words.append(word)
      case RecordKind.forget: words = []
      default:
        guard kind & RecordKind.sample != 0, let sample = sample(kind, &records) else {
          throw unreadable(number, "not a sample")
        }
        body(sample)
      }
    }
  }

  private func word(_ number: UInt64?) -> String? {
    guard let number, number < words.count else { return nil }
    return words[Int(number)]
  }

  private func sample(_ kind: UInt8, _ records: inout Records) -> Sample? {
    let verdict: Sample.Verdict
    switch kind & 0b11 {
    case 0: verdict = .ok
    case 1: verdict = .fail
    case 2: verdict = .unknown
    default: return nil
    }
    guard let trial = records.signed(), let probe = word(records.unsigned()), let sequence = records.signed(),
      let scheduled = records.signed(), let took = records.signed()
    else { return nil }
    var sample = Sample(
      trial: Int(trial), probe: probe, sequence: sequence, scheduled: Nanoseconds(scheduled), sent: nil,
      completed: Nanoseconds(scheduled &+ took), verdict: verdict, status: "")
    if kind & RecordKind.isSent != 0 {
      guard let wait = records.signed() else { return nil }
      sample.sent = Nanoseconds(scheduled &+ wait)
    }
    guard let status = word(records.unsigned()) else { return nil }
    sample.status = status
    if kind & RecordKind.hasBoot != 0 {
      guard let boot = word(records.unsigned()) else { return nil }
      sample.boot = boot
    }
    if kind & RecordKind.hasParts != 0 {
      guard let parts = parts(&records) else { return nil }
      sample.parts = parts
    }
    return sample
  }

  private func parts(_ records: inout Records) -> RequestParts? {
    guard let set = records.byte(), set < 16 else { return nil }
    var parts = RequestParts()
    let paths: [WritableKeyPath<RequestParts, Nanoseconds?>] = [
      \.resolved, \.connected, \.secured, \.firstByte,
    ]
    for (index, path) in paths.enumerated() where set & 1 << UInt8(index) != 0 {
      guard let time = records.signed() else { return nil }
      parts[keyPath: path] = Nanoseconds(time)
    }
    return parts
  }
}

/// The rest of a block's records.
private struct Records {
  let bytes: UnsafeRawBufferPointer
  var at = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func byte() -> UInt8? {
    guard at < bytes.count else { return nil }
    defer { at += 1 }
    return bytes[at]
  }

  mutating func unsigned() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = byte() {
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { return nil }
    }
    return nil
  }

  mutating func signed() -> Int64? {
    unsigned().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  mutating func text(_ length: Int) -> String? {
    guard length <= bytes.count - at else { return nil }
    defer { at += length }
    return String(decoding: bytes[at..<at + length], as: UTF8.self)
  }
}
