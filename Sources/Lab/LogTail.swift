import Glibc

/// The last lines of a log in one line; empty if there is no log.
func tail(of path: String, lines: Int = 3) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { close(file) }
  let length = 4096
  lseek(file, max(0, lseek(file, 0, SEEK_END) - length), SEEK_SET)
  let text = String(unsafeUninitializedCapacity: length) { max(0, read(file, $0.baseAddress, length)) }
  return text.split(whereSeparator: \.isNewline).suffix(lines).joined(separator: "; ")
}
