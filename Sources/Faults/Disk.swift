import Glibc
import Linux

/// A mounted file system that a fault affects.
struct Disk {
  let folder: String
  /// See st_dev in stat(2).
  private let device: UInt64
  /// See f_type in statfs(2).
  let type: Int64

  /// O_TMPFILE of open(2) on Linux, which includes O_DIRECTORY.
  static let unnamedFile = 0o20000000 | O_DIRECTORY

  /// The file system of a folder.
  ///
  /// - Throws: `SystemError` if the path is not an existing folder.
  init(of folder: String) throws(SystemError) {
    self.folder = folder
    var status = stat()
    try checked("stat", folder) { stat(folder, &status) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError("open", folder, errno: ENOTDIR) }
    device = UInt64(status.st_dev)
    type = try fileSystemType(of: folder)
  }

  /// The bytes that are free for users other than root, and all bytes; see statvfs(3).
  func space() throws(SystemError) -> (free: Int64, total: Int64) {
    var space = statvfs()
    try checked("statvfs", folder) { statvfs(folder, &space) }
    return (
      Int64(clamping: UInt64(space.f_bavail) * UInt64(space.f_frsize)),
      Int64(clamping: UInt64(space.f_blocks) * UInt64(space.f_frsize))
    )
  }

  /// Why no fault may affect it: the leases must stay writable; nil if one may.
  func refusal(using instruments: Instruments) throws(SystemError) -> String? {
    let own = try Disk(ofNearest: instruments.leaseFolder)
    if own.device == device {
      return
        "\(folder) is on the file system of the leases (\(instruments.leaseFolder)), which must stay writable: choose "
        + "another file system"
    }
    // Their numbers differ, but not their space.
    if own.type == Self.btrfs, type == Self.btrfs {
      return
        "\(folder) and the leases (\(instruments.leaseFolder)) are on btrfs, whose subvolumes share one file system: "
        + "choose another file system"
    }
    return nil
  }

  func isSame(as other: Disk) -> Bool { device == other.device }

  /// Whether the folder is where the file system is mounted.
  func isMountPoint() throws(SystemError) -> Bool {
    var parent = stat()
    try checked("stat", folder) { stat("\(folder)/..", &parent) }
    return UInt64(parent.st_dev) != device
  }

  /// Where the file system is mounted: the folder, or its nearest parent that is a mount point.
  func mountPoint() throws(SystemError) -> String {
    if folder == "/" { return folder }
    if try isMountPoint() { return folder }
    let parent = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
    return try Disk(of: parent.isEmpty ? "/" : parent).mountPoint()
  }

  /// The file system of a path, or of its nearest existing parent.
  private init(ofNearest path: String) throws(SystemError) {
    var place = path
    while access(place, F_OK) != 0, let end = place.lastIndex(of: "/"), end > place.startIndex {
      place = String(place[..<end])
    }
    self = try Disk(of: place)
  }

  /// Magic numbers of linux/magic.h: BTRFS_SUPER_MAGIC, XFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, TMPFS_MAGIC.
  static let btrfs: Int64 = 0x9123_683E
  static let xfs: Int64 = 0x5846_5342
  static let ext4: Int64 = 0xEF53
  static let memory: Int64 = 0x0102_1994
}
