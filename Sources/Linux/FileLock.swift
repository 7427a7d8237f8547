import Glibc

/// An exclusive lock on a file. It is held until it goes out of scope or its process ends; see flock(2).
package struct FileLock: ~Copyable, Sendable {
  private let file: Descriptor

  /// Takes the lock; nil if another process or descriptor holds it. The file is created if missing.
  package init?(_ path: String) throws(SystemError) {
    try self.init(try Descriptor(open: path, O_RDWR | O_CREAT | O_NOFOLLOW), path)
  }

  /// Takes the lock on an existing file, which may be on a read-only disk; nil if the lock is held elsewhere.
  package init?(existing path: String) throws(SystemError) {
    try self.init(try Descriptor(open: path, O_RDONLY | O_NOFOLLOW), path)
  }

  private init?(_ file: consuming Descriptor, _ path: String) throws(SystemError) {
    if flock(file.number, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK { return nil }
      throw SystemError("flock", path, errno: code)
    }
    self.file = file
  }

  /// Writes the lock's owner into the file, for processes that find the lock held.
  package func sign(_ text: String) throws(SystemError) {
    try checked("ftruncate", "lock") { ftruncate(file.number, 0) }
    try checked("lseek", "lock") { lseek(file.number, 0, SEEK_SET) }
    try file.write(Array(text.utf8), to: "lock")
  }
}
