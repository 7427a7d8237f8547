import Foundation
import Scenario

/// Reads the whole of a small text file.
enum TextFile {
  /// In bytes; about a thousand times the size of a file that is written by hand.
  static let limit = 1 << 20

  /// The file's content as UTF-8.
  ///
  /// Throws the errno of open(2), fstat(2) or read(2). Refuses a file that isn't regular, is larger than the limit, or
  /// isn't UTF-8.
  static func read(_ path: String) throws(FileRefused) -> String {
    // Without O_NONBLOCK, opening a FIFO would block until it has a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw refusal(path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refusal(path, code: errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw refusal(path, code: EISDIR)
    default: throw FileRefused(diagnostics: [whole(path, "is not a regular file")])
    }
    var bytes = [UInt8]()
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw refusal(path, code: errno) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return try decode(bytes, file: path)
  }

  /// Decodes UTF-8; reports the place of the first invalid byte.
  static func decode(_ bytes: [UInt8], file: String) throws(FileRefused) -> String {
    guard bytes.count <= limit else { throw FileRefused(diagnostics: [whole(file, tooLarge)]) }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var position = Position(line: 1, column: 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue("\n"): position = Position(line: position.line + 1, column: 1)
      case .scalarValue: position.column += 1
      case .emptyInput, .error: break decoding
      }
    }
    throw FileRefused(
      diagnostics: [
        Diagnostic(
          file: file, line: position.line, column: position.column,
          message: "the bytes from here are not UTF-8; save the file as UTF-8", kind: .unreadable)
      ])
  }

  static func checkSize(_ text: String, file: String) throws(FileRefused) {
    guard text.utf8.count > limit else { return }
    throw FileRefused(diagnostics: [whole(file, tooLarge)])
  }

  private static let tooLarge = "is larger than 1 MiB, the maximum for a fleet or scenario"

  private static func refusal(_ path: String, code: Int32) -> FileRefused {
    let text = String(cString: strerror(code))
    return FileRefused(
      diagnostics: [
        Diagnostic(
          file: path, line: 0, column: 0,
          message: "can't be read: \(text) (errno \(code))\(nextStep(path, code))",
          code: code)
      ])
  }

  /// What to write instead: the file with the nearest name.
  private static func nextStep(_ path: String, _ code: Int32) -> String {
    if code == EISDIR { return "; name the files in it" }
    if code != ENOENT { return "" }
    let prefix = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let folder = prefix.isEmpty ? "." : String(prefix)
    guard let all = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return "; there is no folder \(folder)"
    }
    let names = all.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    if let near = Nearest.name(to: String(path.dropFirst(prefix.count)), among: names) {
      return ": did you mean '\(prefix)\(near.clipped)'?"
    }
    if names.isEmpty { return "; the folder \(folder) has no .yaml file" }
    return names.count <= 16
      ? "; the folder \(folder) has \(names.map(\.clipped).joined(separator: ", "))"
      : "; ls \(folder) shows its files"
  }

  private static func whole(_ file: String, _ message: String) -> Diagnostic {
    Diagnostic(file: file, line: 0, column: 0, message: message, kind: .unreadable)
  }
}
