import Scenario

/// A sector of an append service's disk that may have a record; `Sources/GuestAppend/main.c` writes them.
package enum AppendRecord {
  /// A whole record, and the owner for which it was written.
  case whole(RecordsFound.Link, owner: UInt64)
  /// The beginning of a log, with its owner.
  case head
  /// A part of a record; its number may be unknown.
  case torn(number: Int64?)
  /// Anything else.
  case none

  /// The version of layout and protocol that this version reads.
  package static let layout = 2
  /// The bytes of a sector.
  package static let size = 512
  private static let mark: UInt32 = 0x4D55_5232
  private static let headMark: UInt32 = 0x4D55_5248
  private static let checksumAt = size - 4
  private static let payloadLimit: UInt32 = 128

  /// - Parameter sector: at least `size` bytes.
  package init(_ sector: UnsafeRawBufferPointer) {
    func word<T: FixedWidthInteger>(_ offset: Int) -> T {
      T(littleEndian: sector.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
    let begins = word(0) as UInt32 == Self.mark
    let ends = word(Self.checksumAt - 4) as UInt32 == Self.mark
    guard begins || ends else {
      self = word(0) as UInt32 == Self.headMark ? .head : .none
      return
    }
    let number = Int64(clamping: word(8) as UInt64)
    let checksum: UInt32 = word(Self.checksumAt)
    let length: UInt32 = word(4)
    let isWhole =
      begins && ends && (1...Self.payloadLimit).contains(length)
      && CRC32.of(UnsafeRawBufferPointer(rebasing: sector[..<Self.checksumAt])) == checksum
    self =
      isWhole
      ? .whole(
        RecordsFound.Link(
          number: number, checksum: checksum, previous: Int64(clamping: word(24) as UInt64),
          previousChecksum: word(32)),
        owner: word(16))
      : .torn(number: begins ? number : nil)
  }

  /// The identity of an owner in records: FNV-1a of its name.
  package static func owner(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

/// Finds the records of a trial in the bytes of a file: a disk's image, or a replica of one.
///
/// A record identifies itself, so its place in the file doesn't matter.
package struct RecordScan {
  private let owner: UInt64
  private var links: [RecordsFound.Link] = []
  private var torn: [Int64] = []
  private var tornUnplaced = 0
  private var older: [Int64] = []
  /// Whether there is any part of a log, of any owner.
  package private(set) var hasLog = false
  /// Whether the first sector has only zeros: a disk that no service has used yet. nil before it was taken.
  package private(set) var isBlank: Bool?

  package init(owner name: String) { owner = AppendRecord.owner(name) }

  /// Takes the next bytes, which are whole sectors.
  package mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    if isBlank == nil, bytes.count >= AppendRecord.size {
      isBlank = bytes[..<AppendRecord.size].allSatisfy { $0 == 0 }
    }
    while at + AppendRecord.size <= bytes.count {
      let sector = AppendRecord(UnsafeRawBufferPointer(rebasing: bytes[at..<at + AppendRecord.size]))
      if case .none = sector {} else { hasLog = true }
      switch sector {
      case .whole(let link, owner): links.append(link)
      case .whole(let link, _): older.append(link.number)
      case .torn(let number?): torn.append(number)
      case .torn(nil): tornUnplaced += 1
      case .head, .none: break
      }
      at += AppendRecord.size
    }
  }

  package var found: RecordsFound {
    RecordsFound(links, torn: torn, tornUnplaced: tornUnplaced, older: older)
  }
}
