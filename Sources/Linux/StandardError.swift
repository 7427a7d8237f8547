import Glibc

/// Writes a line to stderr. Without stderr there is nobody left to tell, so a failure is none.
package func printToStandardError(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
