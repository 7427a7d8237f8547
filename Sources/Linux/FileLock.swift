import Glibc

/// An exclusive lock on a file, held until it goes out of use or its process ends; see flock(2).
package struct FileLock: ~Copyable, Sendable {
  private let file: Descriptor

  /// Takes the lock if nobody holds it; nil if somebody does. The file is made where there is none.
  package init?(_ path: String) throws(SystemError) {
    try self.init(try Descriptor(open: path, O_RDWR | O_CREAT | O_NOFOLLOW), path)
  }

  /// Takes the lock on a file that is there, and may be on a disk that is read-only; nil if somebody holds it.
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

  /// Writes who holds the lock, for those who find it taken.
  package func sign(_ text: String) throws(SystemError) {
    try checked("ftruncate", "lock") { ftruncate(file.number, 0) }
    try checked("lseek", "lock") { lseek(file.number, 0, SEEK_SET) }
    try file.write(Array(text.utf8), to: "lock")
  }
}
