import Glibc
import Linux

/// A file whose bytes a fault changes. The undo recognises its bytes by their values, which no other program writes, so a
/// file that takes its path isn't changed.
struct CorruptFile: Codable, Hashable, Sendable {
  let path: String
  /// Where its file system is mounted: without it, the file isn't there and its bytes may still be wrong.
  private let mount: String

  /// 16 bytes at a multiple of 16, so that a program that writes sectors replaces the whole piece.
  struct Piece: Codable, Hashable, Sendable {
    var offset: Int64
    var original: [UInt8]
    /// Drawn, and each byte is different from the original.
    var corrupt: [UInt8]

    static let length: Int64 = 16
  }

  /// The file at a path.
  ///
  /// - Throws: `CorruptionRefused` if it isn't a regular file, or the path leads to it by a symbolic link; `SystemError`.
  init(at path: String) throws {
    guard let place = realpath(path, nil) else { throw SystemError("realpath", path, errno: errno) }
    defer { free(place) }
    // A policy allows a path, so a symbolic link in the path must not lead to another file.
    let target = String(cString: place)
    if target != path { throw CorruptionRefused.link(path, target) }
    var status = stat()
    try checked("lstat", path) { lstat(path, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw CorruptionRefused.notAFile(path) }
    self.path = path
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    mount = try Disk(of: folder.isEmpty ? "/" : folder).mountPoint()
  }

  /// Draws pieces of the file's present data.
  ///
  /// - Throws: `CorruptionRefused.tooFew` if it has too few bytes outside of holes; `SystemError`.
  func drawPieces(_ count: Int) throws -> [Piece] {
    guard let file = try opened(.reads) else { throw CorruptionRefused.gone(path) }
    let size = try checked("lseek", path) { lseek(file.number, 0, SEEK_END) }
    // An image may be large and have few data, so the offsets are drawn among the data.
    let slots = file.data(below: Int64(size)).map { data in
      let first = (data.lowerBound + Piece.length - 1) / Piece.length
      return first..<max(first, data.upperBound / Piece.length)
    }
    let total = slots.reduce(0) { $0 + Int64($1.count) }
    if total < count { throw CorruptionRefused.tooFew(path, count) }
    var chosen: Set<Int64> = []
    while chosen.count < count { chosen.insert(Int64.random(in: 0..<total)) }
    var numbers = chosen.sorted()[...]
    var (pieces, before): ([Piece], Int64) = ([], 0)
    for range in slots {
      defer { before += Int64(range.count) }
      while let number = numbers.first, number < before + Int64(range.count) {
        numbers.removeFirst()
        let offset = (range.lowerBound + number - before) * Piece.length
        let original = try bytes(of: file.number, at: offset)
        // The file has become shorter.
        guard original.count == Piece.length else { throw CorruptionRefused.tooFew(path, count) }
        let corrupt = original.map { $0 ^ UInt8.random(in: 1 ... .max) }
        pieces.append(Piece(offset: offset, original: original, corrupt: corrupt))
      }
    }
    return pieces
  }

  /// How many pieces have these bytes on the disk; nil if the file is gone.
  func count(_ pieces: [Piece], with bytes: (Piece) -> [UInt8]) throws -> Int? {
    guard let file = try opened(.coldReads) else { return nil }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { block.deallocate() }
    var count = 0
    for piece in pieces {
      let begin = piece.offset / Int64(block.count) * Int64(block.count)
      let read = try checked("pread", path) {
        pread(file.number, block.baseAddress, block.count, off_t(begin))
      }
      let place = Int(piece.offset - begin)
      let end = place + Int(Piece.length)
      if end <= read, block[place..<end].elementsEqual(bytes(piece)) { count += 1 }
    }
    return count
  }

  /// Writes bytes where others are, and waits for the disk. A file that is gone isn't made again.
  ///
  /// - Parameter isStrict: whether all pieces must have the other bytes; otherwise the rest stays as it is.
  /// - Throws: `CorruptionRefused` before any change; `SystemError`.
  func replace(
    _ pieces: [Piece], from: (Piece) -> [UInt8], to: (Piece) -> [UInt8], isStrict: Bool
  ) throws {
    guard let file = try opened(.writes) else {
      if isStrict { throw CorruptionRefused.gone(path) }
      return
    }
    var due: [Piece] = []
    for piece in pieces where try bytes(of: file.number, at: piece.offset) == from(piece) {
      due.append(piece)
    }
    if isStrict, due.count < pieces.count { throw CorruptionRefused.written(path) }
    for piece in due {
      let bytes = to(piece)
      let written = try checked("pwrite", path) {
        pwrite(file.number, bytes, bytes.count, off_t(piece.offset))
      }
      if written != bytes.count { throw SystemError("pwrite", path, errno: EIO) }
    }
    try checked("fdatasync", path) { fdatasync(file.number) }
  }

  /// - Throws: `CorruptionRefused` if another lease's fault has changed bytes of the file: one would restore what the other
  ///   has written.
  func requireNoOther(using instruments: Instruments) throws {
    let isTaken = try instruments.otherFaults().contains {
      try $0.order.undo($0.undo, as: DiskCorrupt.Undo.self)?.file.path == path
    }
    if isTaken { throw CorruptionRefused.another(path) }
  }

  private enum Use { case reads, coldReads, writes }

  /// The file, opened; nil if it is gone.
  ///
  /// - Throws: `CorruptionRefused.unmounted`, `SystemError`.
  private func opened(_ use: Use) throws -> Descriptor? {
    if mount != "/", try !Disk(of: mount).isMountPoint() { throw CorruptionRefused.unmounted(path, mount) }
    do throws(SystemError) {
      switch use {
      case .reads: return try Descriptor(open: path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      case .coldReads: return try Descriptor(readingColdly: path)
      case .writes: return try Descriptor(open: path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
      }
    } catch {
      if [ENOENT, ENOTDIR, ELOOP].contains(error.errno) { return nil }
      throw error
    }
  }

  /// The bytes of a piece of an open file, fewer at its end.
  private func bytes(of number: Int32, at offset: Int64) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(Piece.length))
    let count = try checked("pread", path) { pread(number, &bytes, Int(Piece.length), off_t(offset)) }
    return Array(bytes.prefix(count))
  }
}

/// Why the bytes of a file can't be changed.
enum CorruptionRefused: Error, Equatable, CustomStringConvertible {
  /// The path leads by a symbolic link to another one.
  case link(String, String)
  case notAFile(String)
  /// It was deleted since the lease was armed.
  case gone(String)
  /// It was written since the lease was armed.
  case written(String)
  /// It has too few bytes outside of holes for this number of pieces.
  case tooFew(String, Int)
  /// Another lease corrupts it.
  case another(String)
  /// Its file system isn't mounted here, as before.
  case unmounted(String, String)

  var description: String {
    switch self {
    case .link(let path, let target): "\(path) is \(target), by a symbolic link: write that path"
    case .notAFile(let path): "\(path) is not a file: choose one"
    case .gone(let path): "\(path) was deleted before the fault: choose a file that stays"
    case .written(let path):
      "\(path) was written by another program where the fault would change it: choose a file that is rarely written"
    case .tooFew(let path, let places):
      "\(path) has too few bytes that are not in holes for \(places) places: write fewer places"
    case .another(let path): "another lease corrupts \(path): begin this step after its end"
    case .unmounted(let path, let mount):
      "bytes of \(path) may be wrong, and its file system is not mounted at \(mount): mount it, then murphy recover"
    }
  }
}
