/// Splits incoming bytes into complete lines. Never holds a line that is longer than a limit.
package struct LineBuffer: Sendable {
  /// The maximum length of a line, in bytes, without its end.
  package let limit: Int
  private var bytes: [UInt8] = []
  /// How many of `bytes` are known to contain no line end.
  private var searched = 0

  /// The bytes after the last complete line.
  package var rest: [UInt8] { bytes }

  package init(limit: Int) { self.limit = limit }

  /// A line that was longer than the limit. Earlier lines were delivered.
  package struct LineTooLong: Error, CustomStringConvertible {
    /// In bytes.
    package var limit: Int
    package var description: String { "a line is longer than \(limit) bytes" }
  }

  /// Adds bytes, and delivers each complete line, without its end, in order.
  package mutating func add(_ more: some Collection<UInt8>, take: (ArraySlice<UInt8>) -> Void)
    throws(LineTooLong)
  {
    bytes += more
    var start = 0
    while let end = bytes[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) {
      if end - start > limit { throw LineTooLong(limit: limit) }
      take(bytes[start..<end])
      start = end + 1
    }
    // Once for all lines, so that many short ones aren't moved repeatedly.
    bytes.removeSubrange(..<start)
    searched = bytes.count
    if bytes.count > limit { throw LineTooLong(limit: limit) }
  }
}
