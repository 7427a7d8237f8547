import Glibc

/// The exclusive right to change one lab; the kernel releases it if the process ends.
struct LabLock: ~Copyable {
  private let file: Int32
  private let path: String

  /// Takes the lock; throws ``LabError/busy(lab:)`` if another process holds it.
  init(of lab: Lab) throws(LabError) {
    let path = "\(lab.stateRoot)/.\(lab.name).lock"
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard file >= 0 else {
        let hint = errno == EACCES ? ", not root: run this as root" : ""
        throw .file(path: path, reason: String(cString: strerror(errno)) + hint)
      }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let error = errno
        close(file)
        if error == EWOULDBLOCK { throw .busy(lab: lab.name) }
        throw .file(path: path, reason: String(cString: strerror(error)))
      }
      // The previous owner may have removed the file between this open and this lock: then the locked file has no
      // name.
      var held = stat()
      var named = stat()
      if fstat(file, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino {
        self.file = file
        self.path = path
        return
      }
      close(file)
    }
  }

  consuming func release() {
    unlink(path)
    close(file)
  }
}

extension Lab {
  /// Runs `body` while holding the lab's lock.
  func locked<Result: Sendable>(
    _ body: () async throws(LabError) -> Result
  ) async throws(LabError) -> Result {
    let lock = try LabLock(of: self)
    let result: Result
    do {
      result = try await body()
    } catch {
      lock.release()
      throw error
    }
    lock.release()
    return result
  }
}
