import AgentProtocol
import Faults
import FoundationEssentials
import Glibc
import Journal
import Leases
import Linux
import Scenario

/// The folder of a host's leases: `NAME.lease`, and beside it `NAME.log`, which tells what became of it.
package struct LeaseFolder: Sendable {
  /// Its path.
  package var path: String

  /// The folder on a host, open to root alone.
  package static let standard = LeaseFolder(path: "/var/lib/murphy/leases")

  /// A folder at a path.
  package init(path: String) { self.path = path }

  func file(_ name: String) -> String { "\(path)/\(name).lease" }
  func log(_ name: String) -> String { "\(path)/\(name).log" }

  /// Puts a lease on the disk; when this returns, it survives a power cut.
  ///
  /// - Throws: `SystemError` with EEXIST where the record of one of that name is there: its log, which may say that it
  ///   was lifted, must not become the new one's.
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
      // It may stand and not be known to last: then nobody will act on it, and it must not look as if somebody had.
      unlink(file(lease.name))
      throw error
    }
  }

  /// Sees that nobody but this user can write what will be undone here, or read it.
  ///
  /// - Throws: `LeaseFolderOpen`; `SystemError` where the folder can't be looked at.
  package func checkPrivate() throws {
    var status = stat()
    try checked("lstat", path) { lstat(path, &status) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw LeaseFolderOpen(path: path, reason: "it is no folder of its own, but a link or a file")
    }
    guard status.st_uid == geteuid() else {
      throw LeaseFolderOpen(path: path, reason: "it belongs to user \(status.st_uid)")
    }
    let mode = status.st_mode & 0o7777
    guard mode & 0o077 == 0 else {
      throw LeaseFolderOpen(path: path, reason: "others can enter it (mode \(String(mode, radix: 8)))")
    }
  }

  /// Reads a lease.
  ///
  /// - Throws: `LeaseUnreadable` where it is cut, edited beyond reading, or of a newer version.
  package func read(_ name: String) throws -> Lease {
    let bytes = try DurableFile.read(file(name))
    struct Version: Codable { var version: Int }
    do {
      // First of all: what a newer version writes may have another form.
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
      if let version = try? JSONDecoder().decode(Version.self, from: Data(line)).version, version != 1 {
        throw LeaseUnreadable(
          file: file(name), reason: "it is of version \(version); this murphy-agent reads 1")
      }
      guard let json = LeaseFile.content(of: bytes) else {
        throw LeaseUnreadable(file: file(name), reason: "it was cut or changed after it was written")
      }
      let lease = try JSONDecoder().decode(Lease.self, from: Data(json))
      // The name within becomes part of other files' names.
      guard lease.name == name, Lease.isName(name) else {
        throw LeaseUnreadable(file: file(name), reason: "the lease in it is named '\(lease.name)'")
      }
      guard lease.deadline > .zero, lease.deadline.count < Int64.max / 2 else {
        throw LeaseUnreadable(file: file(name), reason: "its deadline is no time that a lease can end at")
      }
      return lease
    } catch let error as DecodingError {
      throw LeaseUnreadable(file: file(name), reason: "\(error)")
    }
  }

  /// The names of all leases, readable or not.
  package func names() throws -> [String] {
    try DurableFile.list(path).filter { $0.hasSuffix(".lease") }.map { String($0.dropLast(6)) }
  }

  /// What keeps a lease from being written here, a line each. Touches nothing.
  func missing() -> [String] {
    // The folder is made with the first lease: until then what counts is the nearest one that is there.
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

  /// Far more than a lease and its log take, in bytes.
  private static let roomNeeded: UInt64 = 1 << 20

  /// Notes what became of a lease.
  func note(_ happening: LeaseHappening, of name: String) throws {
    // A crash may have cut the line before: this one begins anew.
    try DurableFile.append([UInt8(ascii: "\n")] + (try WireCoding.line(happening)), to: log(name))
  }

  /// How a lease stands. A last line that was cut in a crash is as if it had not been written.
  package func standing(of lease: Lease) throws -> LeaseStanding {
    var standing = LeaseStanding(
      lease: lease.name, run: lease.run, fault: lease.order.name, object: lease.order.fault.object,
      boot: lease.boot)
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try DurableFile.read(log(lease.name))
    } catch {
      if error.errno == ENOENT { return standing }
      throw error
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if let happening = try? WireCoding.value(LeaseHappening.self, from: line) { standing.take(happening) }
    }
    return standing
  }

  /// Notes what is about to happen, without waiting for the disk: a note that outlives the process is what is wanted,
  /// and the kernel keeps that.
  ///
  /// - Throws: where the disk refuses it. Then it must not happen: a watchdog whose agent dies in the act has nothing
  ///   else to tell it that the act may still come.
  func announce(_ happening: LeaseHappening, of name: String) throws {
    let log = try Descriptor(open: log(name), O_WRONLY | O_CREAT | O_APPEND)
    try log.write([UInt8(ascii: "\n")] + (try WireCoding.line(happening)), to: name)
  }

  /// Drops what is left of leases whose agent ended while it wrote them, when nothing was done under them yet, or dropped
  /// them, when all was lifted. For one who has the host to itself, so that nobody is at either now.
  func dropUnfinished() throws {
    let files = try DurableFile.list(path)
    for file in files {
      let isCut = file.hasSuffix(".lease.new")
      let isAlone = file.hasSuffix(".log") && !files.contains("\(file.dropLast(4)).lease")
      if isCut || isAlone { try DurableFile.remove("\(path)/\(file)") }
    }
  }

  /// Drops a lease's files, the lease itself first: a log without a lease says nothing.
  func remove(_ name: String) throws {
    try DurableFile.remove(file(name))
    try DurableFile.remove(log(name))
  }
}

/// A lease folder that isn't this user's alone, so that no lease may be put there.
package struct LeaseFolderOpen: Error, Sendable, CustomStringConvertible {
  /// The folder.
  package var path: String
  /// What is wrong with it.
  package var reason: String

  /// What, where, and what to do.
  package var description: String {
    "\(path): \(reason), so no fault is armed here: look who has been there, then chown root and chmod 0700 it"
  }
}

/// A lease file that can't be acted on.
package struct LeaseUnreadable: Error, Sendable, CustomStringConvertible {
  /// The file.
  package var file: String
  /// What is wrong with it.
  package var reason: String

  /// What, where, and what to do.
  package var description: String {
    "\(file): the lease can't be read and was not acted on: \(reason). Look at the host by hand (murphy doctor), "
      + "then remove the file"
  }
}
