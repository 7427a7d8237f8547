import Glibc

/// An exclusive lock on a file, held until it goes out of use or its process ends; see flock(2).
public struct FileLock: ~Copyable, Sendable {
  private let file: Descriptor

  /// Takes the lock if nobody holds it; nil if somebody does.
  ///
  /// - Parameter isMade: whether a file that isn't there is made for it; otherwise that is an error (ENOENT).
  public init?(_ path: String, isMade: Bool = true) throws(SystemError) {
    let file = try Descriptor(open: path, isMade ? O_RDWR | O_CREAT | O_NOFOLLOW : O_RDONLY | O_NOFOLLOW)
    if flock(file.number, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK { return nil }
      throw SystemError("flock", path, errno: code)
    }
    self.file = file
  }

  /// Writes who holds the lock, for those who find it taken.
  public func sign(_ text: String) throws(SystemError) {
    try checked("ftruncate", "lock") { ftruncate(file.number, 0) }
    try checked("lseek", "lock") { lseek(file.number, 0, SEEK_SET) }
    try file.write(Array(text.utf8), to: "lock")
  }
}
