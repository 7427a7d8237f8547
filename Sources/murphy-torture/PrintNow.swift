import Glibc
import Linux

/// Prints a line without stdio's buffer, so that the reader of a pipe gets it at once.
func printNow(_ line: String) throws(SystemError) {
  let output = Descriptor(owning: try checked("dup", "stdout") { dup(1) })
  try output.write(Array("\(line)\n".utf8), to: "stdout")
}
