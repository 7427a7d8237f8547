import AgentProtocol
import Faults
import FoundationEssentials
import Glibc
import Journal
import Leases
import Linux
import Scenario

/// The folder of a host's leases: `NAME.lease`, and `NAME.log` with its events.
package struct LeaseFolder: Sendable {
  package var path: String

  /// The folder on a host. Only root may enter it.
  package static let standard = LeaseFolder(path: "/var/lib/murphy/leases")

  package init(path: String) { self.path = path }

  func file(_ name: String) -> String { "\(path)/\(name).lease" }
  func log(_ name: String) -> String { "\(path)/\(name).log" }

  /// Writes a lease to disk; when this returns, it survives a power cut.
  ///
  /// - Throws: `SystemError` with EEXIST if a record with this name exists. The log of that record may contain a revert,
  ///   which must not count for the new lease.
  func write(_ lease: Lease) throws {
    try DurableFile.makeFolder(path)
    try checkPrivate()
    if access(file(lease.name), F_OK) == 0 {
      throw SystemError("create", file(lease.name), errno: EEXIST)
    }
    try DurableFile.remove(log(lease.name))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      try DurableFile.write(LeaseFile.sealed([UInt8](try encoder.encode(lease))), to: file(lease.name))
    } catch {
      // The file may exist without being durable, so remove it.
      unlink(file(lease.name))
      throw error
    }
  }

  /// Checks that only this user can read and write the folder.
  ///
  /// - Throws: `LeaseFolderOpen`; `SystemError` if the folder can't be examined.
  package func checkPrivate() throws {
    var status = stat()
    try checked("lstat", path) { lstat(path, &status) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw LeaseFolderOpen(path: path, reason: .notFolder)
    }
    guard status.st_uid == geteuid() else {
      throw LeaseFolderOpen(path: path, reason: .owner(status.st_uid))
    }
    let mode = status.st_mode & 0o7777
    guard mode & 0o077 == 0 else {
      throw LeaseFolderOpen(path: path, reason: .mode(mode))
    }
  }

  /// Reads a lease.
  ///
  /// - Throws: `LeaseUnreadable` if it is truncated, edited, or of a newer version.
  package func read(_ name: String) throws -> Lease {
    let bytes = try DurableFile.read(file(name))
    struct Version: Codable { var version: Int }
    do {
      // Checked first, since a newer version may write another form.
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
      if let version = try? JSONDecoder().decode(Version.self, from: Data(line)).version, version != 1 {
        throw LeaseUnreadable(file: file(name), reason: .version(version))
      }
      guard let json = LeaseFile.content(of: bytes) else {
        throw LeaseUnreadable(file: file(name), reason: .altered)
      }
      let lease = try JSONDecoder().decode(Lease.self, from: Data(json))
      // The name in the file becomes part of other files' names.
      guard lease.name == name, Lease.isName(name) else {
        throw LeaseUnreadable(file: file(name), reason: .name(lease.name))
      }
      guard lease.deadline > .zero, lease.deadline.count < Int64.max / 2 else {
        throw LeaseUnreadable(file: file(name), reason: .deadline)
      }
      return lease
    } catch let error as DecodingError {
      throw LeaseUnreadable(file: file(name), reason: .content(WireCoding.reason(of: error)))
    }
  }

  /// The names of all leases, readable or not.
  package func names() throws -> [String] {
    try DurableFile.list(path).filter { $0.hasSuffix(".lease") }.map { String($0.dropLast(6)) }
  }

  /// Why no lease can be written here, a line for each reason. Changes nothing.
  func missing() -> [String] {
    // The first lease creates the folder. Until then, its nearest existing parent counts.
    var place = path
    while access(place, F_OK) != 0, let end = place.lastIndex(of: "/"), end > place.startIndex {
      place = String(place[..<end])
    }
    if access(place, W_OK) != 0 {
      return ["no lease can be written to \(path): \(SystemError("write", place, errno: errno))"]
    }
    var space = statvfs()
    guard statvfs(place, &space) == 0 else {
      return ["no lease can be written to \(path): \(SystemError("statvfs", place, errno: errno))"]
    }
    // Some file systems count no inodes.
    if UInt64(space.f_bavail) * UInt64(space.f_frsize) < Self.roomNeeded
      || space.f_files > 0 && space.f_favail == 0
    {
      return ["no lease can be written to \(path): its disk is full"]
    }
    return []
  }

  /// An upper bound for the size of a lease and its log, in bytes.
  private static let roomNeeded: UInt64 = 1 << 20

  /// Logs an event of a lease.
  func note(_ happening: LeaseHappening, of name: String) throws {
    // A crash may have truncated the last line, so begin a new one.
    try DurableFile.append([UInt8(ascii: "\n")] + (try WireCoding.line(happening)), to: log(name))
  }

  /// The state of a lease. A last line that a crash truncated is ignored.
  package func status(of lease: Lease) throws -> LeaseStatus {
    var status = LeaseStatus(
      lease: lease.name, run: lease.run, fault: lease.order.name, object: lease.order.fault.object,
      boot: lease.boot)
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try DurableFile.read(log(lease.name))
    } catch {
      if error.errno == ENOENT { return status }
      throw error
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if let happening = try? WireCoding.value(LeaseHappening.self, from: line) { status.take(happening) }
    }
    return status
  }

  /// Logs an act before it is performed, without waiting for the disk. The entry only has to survive this process.
  ///
  /// - Throws: if the write fails. The act must then not be performed: if the agent dies during the act, only this
  ///   entry shows the watchdog that a daemon may still perform it.
  func announce(_ happening: LeaseHappening, of name: String) throws {
    let log = try Descriptor(open: log(name), O_WRONLY | O_CREAT | O_APPEND)
    try log.write([UInt8(ascii: "\n")] + (try WireCoding.line(happening)), to: name)
  }

  /// Deletes incomplete records. Their agent died while it wrote them, before any injection, or while it deleted them,
  /// after the revert. Call this only while holding the host lock.
  func dropUnfinished() throws {
    let files = try DurableFile.list(path)
    for file in files {
      let isCut = file.hasSuffix(".lease.new")
      let isAlone = file.hasSuffix(".log") && !files.contains("\(file.dropLast(4)).lease")
      if isCut || isAlone { try DurableFile.remove("\(path)/\(file)") }
    }
  }

  /// Deletes a lease's files, the lease first: a log without a lease is ignored.
  func remove(_ name: String) throws {
    try DurableFile.remove(file(name))
    try DurableFile.remove(log(name))
  }
}

/// Other users can access a lease folder, so no lease may be written there.
package struct LeaseFolderOpen: Error, Sendable, CustomStringConvertible {
  package var path: String
  package var reason: Reason

  package enum Reason: Equatable, Sendable, CustomStringConvertible {
    case notFolder
    case owner(uid_t)
    case mode(mode_t)

    package var description: String {
      switch self {
      case .notFolder: "it is not a folder, but a symbolic link or a file"
      case .owner(let user): "it belongs to user \(user)"
      case .mode(let mode): "other users can enter it (mode \(String(mode, radix: 8)))"
      }
    }
  }

  package var description: String {
    "\(path): \(reason), so no fault is armed here: find out which user changed it, then chown root and chmod 0700 it"
  }
}

/// A lease file can't be read, so its fault can't be undone.
package struct LeaseUnreadable: Error, Sendable, CustomStringConvertible {
  package var file: String
  package var reason: Reason

  package enum Reason: Equatable, Sendable, CustomStringConvertible {
    /// This version can't read the file's version.
    case version(Int)
    /// The checksum is wrong, or the end is missing.
    case altered
    /// It contains another lease, with this name.
    case name(String)
    /// The deadline is out of range.
    case deadline
    /// The JSON has no lease; with the decoder's reason.
    case content(String)

    package var description: String {
      switch self {
      case .version(let version): "it has version \(version); this murphy-agent reads version 1"
      case .altered: "it was truncated or changed after it was written"
      case .name(let name): "the lease in it is named '\(name)'"
      case .deadline: "its deadline is out of range"
      case .content(let reason): reason
      }
    }
  }

  package var description: String {
    "\(file): the lease can't be read and was not undone: \(reason). Check the host (murphy doctor), then remove the "
      + "file"
  }
}
