import AgentProtocol
import FoundationEssentials
import Glibc
import Journal
import Linux

/// A file with the records of an append probe: the image of its service's disk, or a replica of it.
struct RecordsFile {
  private let path: String
  private let policyPath: String

  /// Storage that stalls longer is asked again by the controller.
  private static let limit = Duration.seconds(20)
  /// The largest file that is read: a service of this kind needs a small separate disk.
  private static let longest = 1 << 30
  private static let part = 1 << 20

  /// No trial has this name: before a run, a disk that no service has used yet is valid, too.
  private static let noOwner = "-"

  init(_ path: String, policy: String) {
    self.path = path
    policyPath = policy
  }

  /// Why the file can't be read; nil if it can.
  func missing() -> String? {
    do {
      try requireAllowed()
      _ = try run(of: Self.noOwner)
      return nil
    } catch {
      return "\(Refusal(error))"
    }
  }

  /// The records of an owner.
  func found(of owner: String) throws -> RecordsFound {
    try requireAllowed()
    return try WireCoding.value(RecordsFound.self, from: try run(of: owner))
  }

  private func requireAllowed() throws {
    if try Policy.read(policyPath).allows(file: path) { return }
    throw Refusal.fileNotAllowed(
      reason: "\(policyPath) doesn't allow reading \(path): add \"\(path)\" to its \"files\"")
  }

  /// A separate process reads the file: a read of storage that hangs can't be ended, and must not keep this agent from
  /// ending.
  private func run(of owner: String) throws -> [UInt8] {
    let command = [try programPath(), "records", path, owner]
    let outcome = try ChildProcess.run(command, within: Self.limit, outputLimit: RequestLine.lengthLimit / 2)
    guard outcome.end.code == 0 else {
      let reason =
        outcome.errorText.split(separator: "\n").last.map(String.init) ?? "ended with \(outcome.end)"
      throw Refusal.failed(reason: reason)
    }
    return Array(outcome.output.prefix { $0 != UInt8(ascii: "\n") })
  }

  /// Prints the records of an owner as JSON, or the reason on stderr. Returns the exit code.
  static func print(_ path: String, of owner: String) -> Int32 {
    do {
      let found = try read(path, of: owner)
      let output = Descriptor(owning: try checked("dup", "stdout") { dup(1) })
      try output.write(try WireCoding.line(found), to: "stdout")
      return 0
    } catch {
      printToStandardError("\(error)")
      return 1
    }
  }

  /// A cold read.
  static func read(_ path: String, of owner: String) throws -> RecordsFound {
    let file = try Descriptor(readingColdly: path)
    var about = stat()
    try checked("fstat", path) { fstat(file.number, &about) }
    guard about.st_mode & S_IFMT == S_IFREG || about.st_mode & S_IFMT == S_IFBLK else {
      throw Refusal.failed(reason: "\(path) is neither a file nor a disk")
    }
    let size = try checked("lseek", path) { lseek(file.number, 0, SEEK_END) }
    guard size <= longest else {
      throw Refusal.failed(
        reason:
          "\(path) has \(size) bytes, and at most \(longest) are read: give the append service a separate disk"
      )
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: part, alignment: 4096)
    defer { buffer.deallocate() }
    var scan = RecordScan(owner: owner)
    var offset: Int64 = 0
    while offset < size, let data = file.nextData(from: offset) {
      offset = max(offset, data / Int64(part) * Int64(part))
      let count = try checked("read", path) { pread(file.number, buffer.baseAddress, part, off_t(offset)) }
      let whole = count / AppendRecord.size * AppendRecord.size
      if whole == 0 { break }
      scan.take(UnsafeRawBufferPointer(rebasing: buffer[..<whole]))
      offset += Int64(whole)
    }
    // A file that begins with a hole was not read there.
    guard scan.hasLog || owner == noOwner && scan.isBlank != false else {
      throw Refusal.failed(reason: "\(path) has no append log: is it the disk of the append service?")
    }
    return scan.found
  }
}
