import Scenario

/// Encodes samples in the format of `samples.bin`.
///
/// The file begins with the line `murphy samples 6`. Blocks follow. Each block has one sample, and the words that are
/// used for the first time. So an incomplete block affects no other sample.
///
///     u16 length of the records · u16 its complement · u32 CRC-32 of the records · records        (little-endian)
///
/// The first byte of a record is its kind. Numbers are in LEB128, signed ones as zigzag; times are nanoseconds.
///
/// - 1: a word: its length in bytes, UTF-8. Words are numbered from 0 in the order of the file.
/// - 2: all words are deleted; the next word has number 0.
/// - 128 and more: a sample. Bits 0 and 1 are the verdict (ok, fail, unknown), bit 2: it was sent, bit 3: it has a boot,
///   bit 4: it has parts. Then the trial, the word of the probe, the sequence number, the due time, and relative to
///   that the time of the answer and, if it was sent, of the request; the word of the status; of the boot; the parts:
///   bits 0 to 3 of a byte for resolved, connected, secured, first byte, and the numbers of those that are set.
package struct SampleEncoder: Sendable {
  package static let header = Array((headerText + "\(JournalFormat.current)\n").utf8)
  static let headerText = "murphy samples "
  /// The maximum number of words that a reader must keep. A service could send a new boot id with each answer.
  static let mostWords = 4096
  /// The maximum length of a word in bytes. A longer word is truncated.
  static let longestWord = 4096

  private var words: [String: Int] = [:]

  /// Whether the reader must delete the words of an earlier encoder.
  private var forgetsEarlier: Bool

  /// - Parameter continuing: whether another encoder wrote the blocks before.
  package init(continuing: Bool = false) { forgetsEarlier = continuing }

  /// The block of a sample. The blocks of earlier samples must precede it.
  package mutating func block(_ sample: Sample) -> [UInt8] {
    var records: [UInt8] = []
    if forgetsEarlier || words.count + 3 > Self.mostWords {
      words = [:]
      forgetsEarlier = false
      records.append(RecordKind.forget)
    }
    let probe = number(of: sample.probe, &records)
    let status = number(of: sample.status, &records)
    let boot = sample.boot.map { number(of: $0, &records) }
    let verdict: UInt8 =
      switch sample.verdict {
      case .ok: 0
      case .fail: 1
      case .unknown: 2
      }
    records.append(
      RecordKind.sample | verdict | (sample.sent == nil ? 0 : RecordKind.isSent)
        | (boot == nil ? 0 : RecordKind.hasBoot) | (sample.parts == nil ? 0 : RecordKind.hasParts))
    records.append(signed: Int64(sample.trial))
    records.append(unsigned: UInt64(probe))
    records.append(signed: sample.sequence)
    records.append(signed: sample.scheduled.count)
    records.append(signed: sample.completed.count &- sample.scheduled.count)
    if let sent = sample.sent { records.append(signed: sent.count &- sample.scheduled.count) }
    records.append(unsigned: UInt64(status))
    if let boot { records.append(unsigned: UInt64(boot)) }
    if let parts = sample.parts { append(parts, &records) }
    return Self.framed(records)
  }

  private func append(_ parts: RequestParts, _ records: inout [UInt8]) {
    let times = [parts.resolved, parts.connected, parts.secured, parts.firstByte]
    records.append(times.enumerated().reduce(0) { $0 | ($1.element == nil ? 0 : 1 << UInt8($1.offset)) })
    for case let time? in times { records.append(signed: time.count) }
  }

  private mutating func number(of word: String, _ records: inout [UInt8]) -> Int {
    if let number = words[word] { return number }
    let number = words.count
    words[word] = number
    let bytes = word.utf8.prefix(Self.longestWord)
    records.append(RecordKind.word)
    records.append(unsigned: UInt64(bytes.count))
    records += bytes
    return number
  }

  private static func framed(_ records: [UInt8]) -> [UInt8] {
    let length = UInt16(records.count)
    let crc = records.withUnsafeBytes { CRC32.of($0) }
    var block: [UInt8] = []
    block.reserveCapacity(records.count + 8)
    for value in [UInt32(length) | UInt32(~length) << 16, crc] {
      for byte in 0..<4 as Range<UInt32> { block.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
    return block + records
  }
}

/// The first byte of a record in `samples.bin`.
enum RecordKind {
  static let word: UInt8 = 1
  static let forget: UInt8 = 2
  static let sample: UInt8 = 0x80
  static let isSent: UInt8 = 1 << 2
  static let hasBoot: UInt8 = 1 << 3
  static let hasParts: UInt8 = 1 << 4
}

extension [UInt8] {
  fileprivate mutating func append(unsigned value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func append(signed value: Int64) {
    append(unsigned: UInt64(bitPattern: value << 1 ^ value >> 63))
  }
}
