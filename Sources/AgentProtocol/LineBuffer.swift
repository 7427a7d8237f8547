/// Bytes as they come in, taken out as whole lines. A line that is longer than a limit is never held.
package struct LineBuffer: Sendable {
  /// The longest line, in bytes, without its end.
  package let limit: Int
  private var bytes: [UInt8] = []
  /// How much of `bytes` is known to hold no end of a line.
  private var searched = 0

  /// What came after the last whole line.
  package var rest: [UInt8] { bytes }

  /// An empty buffer.
  package init(limit: Int) { self.limit = limit }

  /// A line that was longer than the limit. What came before it was taken.
  package struct LineTooLong: Error, CustomStringConvertible {
    /// The limit, in bytes.
    package var limit: Int
    /// What it was.
    package var description: String { "a line is longer than \(limit) bytes" }
  }

  /// Adds bytes, and hands over each line that is whole now, without its end, in order.
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
    // Once for all lines, so that many short ones aren't moved again and again.
    bytes.removeSubrange(..<start)
    searched = bytes.count
    if bytes.count > limit { throw LineTooLong(limit: limit) }
  }
}
