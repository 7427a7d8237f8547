/// Splits a file that comes in pieces into its lines. It holds no more than one line.
struct LineSplitter {
  private var rest: [UInt8] = []
  private var number = 0
  private let file: String
  private let longest: Int

  /// - Parameter longest: in bytes; more than any line of a journal has.
  init(file: String, longest: Int = 1 << 26) {
    self.file = file
    self.longest = longest
  }

  /// Calls `body` with each line that the piece completes, and with its number from 1. Empty lines are passed over.
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

  /// Calls `body` with a last line that has no end.
  mutating func end(_ body: (Int, UnsafeBufferPointer<UInt8>) -> Void) {
    let last = rest
    rest = []
    if !last.isEmpty { Self.withBuffer(last) { body(number + 1, $0) } }
  }

  /// Refuses a file without ends of lines, which would be held whole.
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
