import Agent
import AgentProtocol
import Testing

/// The stdout of an ssh: the agent's lines, and the output of a login shell beside them.
struct AgentOutputTests {
  private static let greeting =
    #"{"murphy-agent":{"protocol":\#(Greeting.current.protocol),"version":"0.2.0"}}"# + "\n"
  private static let reply = #"{"reply":{"_1":{"done":{}},"id":7}}"# + "\n"

  private func read(_ chunks: [[UInt8]]) throws -> (lines: [String], output: AgentOutput) {
    var output = AgentOutput()
    var lines: [String] = []
    for chunk in chunks {
      try output.add(chunk) {
        lines.append(String(decoding: (try? WireCoding.line($0)) ?? [], as: UTF8.self))
      }
    }
    return (lines, output)
  }

  @Test(
    "A message is found after the output of a login shell",
    arguments: [
      "", "Welcome\n", "\u{1B}]0;falco\u{07}", "Welcome\n\u{1B}]0;falco\u{07}", "\r\n\r\n", "{",
      "{\"reply\":", "{\"murphy-agent\":\n", #"{"reply":{"id":"x"}"# + "\n",
      "ü{\"notice\":",
    ])
  func noise(_ noise: String) throws {
    let bytes = Array((noise + Self.greeting + noise + Self.reply).utf8)
    // Empty lines are not text.
    let count = 2 * noise.utf8.filter { $0 != UInt8(ascii: "\n") }.count
    let wrong = try (0...bytes.count).filter { cut in
      let (lines, output) = try read([Array(bytes[..<cut]), Array(bytes[cut...])])
      return lines != [Self.greeting, Self.reply] || output.noiseCount != count
    }
    #expect(wrong == [])
  }

  @Test("Bytes that aren't UTF-8 are treated as noise")
  func bytes() throws {
    let (lines, output) = try read([[0xFF, 0xFE, 0, 0x80] + Array(Self.greeting.utf8)])
    #expect(lines == [Self.greeting] && output.printed == [0xFF, 0xFE, 0, 0x80])
  }

  @Test("A reply or refusal of an unknown kind refuses its request")
  func unknownReply() throws {
    for line in [
      #"{"reply":{"_1":{"novelty":{"a":1}},"id":7}}"#, #"{"refusal":{"id":7,"why":"no"}}"#,
      #"{"reply":{"_1":{"clock":{"_0":"late"}},"id":7}}"#,
    ] {
      var refused: [Int] = []
      var output = AgentOutput()
      try output.add(Array((line + "\n").utf8)) { if case .refusal(let id, _) = $0 { refused.append(id) } }
      #expect(refused == [7] && output.noiseCount == 0, "\(line)")
    }
  }

  @Test("A notice of an unknown kind is a warning")
  func unknownNotice() throws {
    let (lines, output) = try read([Array((#"{"notice":{"_0":{"novelty":{}}}}"# + "\n").utf8)])
    #expect(lines.count == 1 && lines[0].hasPrefix(#"{"notice":{"_0":{"warning":"#) && output.noiseCount == 0)
  }

  @Test("Only a limited part of a shell's output is kept")
  func muchNoise() throws {
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 99) + [UInt8(ascii: "\n")]
    let (lines, output) = try read(Array(repeating: line, count: 20_000) + [Array(Self.greeting.utf8)])
    #expect(lines == [Self.greeting] && output.noiseCount == 99 * 20_000)
    #expect(output.printed.count == AgentOutput.noiseLimit)
    // Text that looks like the start of many messages isn't parsed again for each of them.
    let pretence = Array(String(repeating: #"{"reply":"#, count: 100_000).utf8) + [UInt8(ascii: "\n")]
    #expect(try read([pretence]).lines == [])
  }

  @Test("A line longer than any message ends the session, after the messages before it")
  func tooLong() throws {
    var output = AgentOutput()
    var count = 0
    #expect(throws: LineBuffer.LineTooLong.self) {
      try output.add(Array(Self.greeting.utf8) + [UInt8](repeating: 0x20, count: RequestLine.lengthLimit + 1))
      {
        _ in count += 1
      }
    }
    #expect(count == 1)
  }

  @Test("An incomplete line is shown with the rest of the output")
  func unfinished() throws {
    #expect(try read([Array("one\ntwo".utf8)]).output.printed == Array("one\ntwo".utf8))
  }
}
