import Agent
import AgentProtocol
import Linux
import Testing

struct LineBufferTests {
  private func lines(_ chunks: [String], limit: Int = 8) throws -> [String] {
    var buffer = LineBuffer(limit: limit)
    var lines: [String] = []
    for chunk in chunks {
      try buffer.add(Array(chunk.utf8)) { lines.append(String(decoding: $0, as: UTF8.self)) }
    }
    return lines
  }

  @Test("Lines are returned whole, however the input was divided")
  func linesComeOutWholeHoweverTheyCameIn() throws {
    let text = "one\n\ntwo\nthree\n12345678\nrest"
    let expected = ["one", "", "two", "three", "12345678"]
    #expect(try lines([text]) == expected)
    #expect(try lines(text.map(String.init)) == expected)
    for cut in 0...text.utf8.count {
      #expect(try lines([String(text.prefix(cut)), String(text.dropFirst(cut))]) == expected)
    }
  }

  @Test("A line beyond the limit throws an error")
  func aLineBeyondTheLimitEndsIt() throws {
    for chunks in [["123456789\n"], ["123456789"], ["1234", "56789"], ["ok\n1234", "56789\n"]] {
      var buffer = LineBuffer(limit: 8)
      var lines = 0
      #expect(throws: LineBuffer.LineTooLong.self) {
        for chunk in chunks { try buffer.add(Array(chunk.utf8)) { _ in lines += 1 } }
      }
      #expect(lines == (chunks[0].hasPrefix("ok") ? 1 : 0))
    }
  }
}
