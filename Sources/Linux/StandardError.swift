import Glibc

/// Writes a line to stderr. A failed write is ignored, since there is no other place to report it.
package func printToStandardError(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
