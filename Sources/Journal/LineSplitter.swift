/// Splits a file that arrives in pieces into its lines. Holds at most one line in memory.
struct LineSplitter {
  private var rest: [UInt8] = []
  private var number = 0
  private let file: String
  private let longest: Int

  /// - Parameter longest: in bytes; longer than any line of a journal.
  init(file: String, longest: Int = 1 << 26) {
    self.file = file
    self.longest = longest
  }

  /// Calls `body` with each line that the piece completes, and with its number from 1. Skips empty lines.
  mutating func take<Failure>(
    _ piece: UnsafeBufferPointer<UInt8>, _ body: (Int, UnsafeBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) where Failure: Error {
    var begin = piece.startIndex
    while let end = piece[begin...].firstIndex(of: UInt8(ascii: "\n")) {
      number += 1
      let line = UnsafeBufferPointer(rebasing: piece[begin..<end])
      begin = end + 1
      if rest.isEmpty {
        if !line.isEmpty { try body(number, line) }
      } else {
        var whole: [UInt8] = []
        swap(&whole, &rest)
        whole += line
        try Self.withBuffer(whole) { (line) throws(Failure) in try body(number, line) }
      }
    }
    rest += piece[begin...]
  }

  /// Calls `body` with a last line that has no line end.
  mutating func end(_ body: (Int, UnsafeBufferPointer<UInt8>) -> Void) {
    let last = rest
    rest = []
    if !last.isEmpty { Self.withBuffer(last) { body(number + 1, $0) } }
  }

  /// Refuses a file without line ends, which would be held in memory as a whole.
  func check() throws(JournalError) {
    if rest.count <= longest { return }
    throw JournalError(file: file, line: number + 1, reason: .unreadable("longer than \(longest) bytes"))
  }

  private static func withBuffer<Failure>(
    _ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) where Failure: Error {
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(Failure) in try body(buffer) }
    }
    try result.get()
  }
}
