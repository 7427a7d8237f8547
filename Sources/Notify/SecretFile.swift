import Glibc
import Linux

/// A file that contains only a secret. A secret is neither in the schedule's file nor in an argument of a process.
enum SecretFile {
  /// The secret, without the white space at its end.
  ///
  /// Refuses a file that another user could read or change.
  static func read(_ path: String) throws(Undelivered) -> String {
    var status = stat()
    let bytes: [UInt8]
    do throws(SystemError) {
      // O_NONBLOCK: opening a FIFO in the file's place must not block.
      let file = try Descriptor(open: path, O_RDONLY | O_NONBLOCK)
      try checked("fstat", path) { fstat(file.number, &status) }
      bytes = try file.read(upTo: longest + 1, from: path)
    } catch {
      throw Undelivered("\(error)")
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0,
      [0, geteuid()].contains(status.st_uid)
    else {
      throw Undelivered(
        "\(path) must be a file that only its owner, this user or root, can read: chmod 600 \(path)")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
    let secret = String(text[..<end])
    guard !secret.isEmpty, bytes.count <= longest, secret.utf8.allSatisfy({ (33...126).contains($0) }) else {
      throw Undelivered("\(path) must contain only a secret of at most \(longest) printable characters")
    }
    return secret
  }

  private static let longest = 4096
}
