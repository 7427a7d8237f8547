import CLinux
import Glibc
import Linux
import Synchronization

/// A file system of the host under torture, on a loop device over a file in memory. A thread can write to it again and
/// again, so that its state shows whether writes wait.
final class TorturedDisk {
  let folder: String
  private let root: Descriptor
  private let before: Space
  private var writer: Writer?

  /// Mounts it in this process's mount namespace.
  init(in parent: String) throws {
    folder = "\(parent)/disk"
    try DurableFile.makeFolder(folder)
    let image = "\(parent)/disk.image"
    for line in [
      "truncate -s 32M \(image)", "mkfs.ext4 -q -F \(image)", "mount -o loop \(image) \(folder)",
    ] {
      _ = try ChildProcess.run(line.split(separator: " ").map(String.init)).success()
    }
    try DurableFile.write([0 as UInt8], to: Writer.file(in: folder))
    root = try Descriptor(open: folder, O_RDONLY | O_DIRECTORY)
    before = try Space(of: folder)
    rootForSignals.store(root.number, ordering: .relaxed)
    // Ctrl-C ends this process and its namespaces, and a write that waits could then never end.
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { _ in
        clinux_thaw_file_system(rootForSignals.load(ordering: .relaxed))
        _exit(130)
      }
    }
  }

  deinit {
    writer?.end()
    // It isn't frozen unless torture itself failed.
    thaw()
  }

  // MARK: Space

  /// See statvfs(3).
  private struct Space {
    var free: UInt64
    var freeForUsers: UInt64
    var files: UInt64

    init(of path: String) throws(SystemError) {
      var space = statvfs()
      try checked("statvfs", path) { statvfs(path, &space) }
      let block = UInt64(space.f_frsize)
      free = UInt64(space.f_bfree) * block
      freeForUsers = UInt64(space.f_bavail) * block
      files = UInt64(space.f_ffree)
    }
  }

  /// Whether less than a megabyte is free.
  var isFull: Bool {
    get throws(SystemError) { try Space(of: folder).freeForUsers < 1 << 20 }
  }

  // MARK: Writes

  /// A thread that writes a byte every two milliseconds.
  private final class Writer: Sendable {
    /// As /proc/PID/task/TID/stat shows it; see proc_pid_stat(5).
    static let name = "disk writer"
    private let isOver = Mutex(false)
    /// When the last write returned, on CLOCK_MONOTONIC.
    private let lastReturn = Mutex(Clock.monotonic.now)

    static func file(in folder: String) -> String { "\(folder)/written" }

    init(in folder: String) throws(SystemError) {
      let file = try Descriptor(open: Self.file(in: folder), O_WRONLY)
      let number = try checked("dup", Self.name) { dup(file.number) }
      try startThread(named: Self.name) { [self] in
        while !isOver.withLock({ $0 }) {
          var byte: UInt8 = 0
          if pwrite(number, &byte, 1, 0) == 1 { lastReturn.withLock { $0 = Clock.monotonic.now } }
          usleep(2000)
        }
        close(number)
      }
    }

    func end() { isOver.withLock { $0 = true } }

    /// Whether the thread is in the kernel and can't be interrupted, and has not returned for longer than a write takes.
    var waits: Bool {
      get throws(SystemError) {
        if Clock.monotonic.now < lastReturn.withLock({ $0 }) + 20_000_000 { return false }
        return try DurableFile.list("/proc/self/task").contains { task in
          // Other threads end while the list is read.
          let line = (try? DurableFile.read("/proc/self/task/\(task)/stat")) ?? []
          return String(decoding: line, as: UTF8.self).contains("(\(Self.name)) D ")
        }
      }
    }
  }

  /// Writes to it until `endWriting`.
  func beginWriting() throws(SystemError) { writer = try Writer(in: folder) }

  func endWriting() {
    writer?.end()
    writer = nil
  }

  /// Whether a write waits. False unless there are writes.
  var writesWait: Bool { get throws(SystemError) { try writer?.waits == true } }

  /// Lets writes through, for the cases after one with residue.
  func thaw() { clinux_thaw_file_system(root.number) }

  // MARK: Residue

  /// The differences from its first state, a line each.
  func differences() throws(SystemError) -> [String] {
    let now = try Space(of: folder)
    var lines: [String] = []
    if now.free != before.free { lines.append("the disk has \(now.free) bytes free, not \(before.free)") }
    if now.files != before.files {
      lines.append("the disk has \(now.files) inodes free, not \(before.files)")
    }
    if try writesWait { lines.append("writes to the disk wait") }
    return lines
  }
}

/// The root of the disk of this process, for handlers of signals.
private let rootForSignals = Atomic<Int32>(-1)
