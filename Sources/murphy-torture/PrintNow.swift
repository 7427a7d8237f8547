import Glibc
import Linux

/// Prints a line that is read at once, through a pipe as well: past stdio's buffer.
func printNow(_ line: String) throws(SystemError) {
  let output = Descriptor(owning: try checked("dup", "stdout") { dup(1) })
  try output.write(Array("\(line)\n".utf8), to: "stdout")
}
