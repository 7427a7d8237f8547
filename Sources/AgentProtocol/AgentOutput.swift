import FoundationEssentials

/// Splits the stdout of an ssh to an agent: the agent's lines, and the output of a login shell beside them.
///
/// A shell may print before the agent starts, without a line end, and from the background while the agent serves.
package struct AgentOutput: Sendable {
  private var lines = LineBuffer(limit: RequestLine.lengthLimit)
  private var noise: [UInt8] = []
  /// The number of bytes that were not part of a message.
  package private(set) var noiseCount = 0
  /// How many bytes of other output are kept.
  package static let noiseLimit = 1000

  package init() {}

  /// The kept part of the other output, including a line without an end.
  package var printed: [UInt8] {
    let end: [UInt8] = noise.isEmpty || lines.rest.isEmpty ? [] : [UInt8(ascii: "\n")]
    return Array((noise + end + lines.rest).prefix(Self.noiseLimit))
  }

  /// Adds bytes, and delivers the agent's complete lines in order.
  package mutating func add(_ bytes: some Collection<UInt8>, take: (AgentLine) -> Void)
    throws(LineBuffer.LineTooLong)
  {
    var whole: [ArraySlice<UInt8>] = []
    defer {
      for line in whole { if let message = read(line) { take(message) } }
    }
    try lines.add(bytes) { whole.append($0) }
  }

  private mutating func read(_ line: ArraySlice<UInt8>) -> AgentLine? {
    var start = line.startIndex
    var attempts = 0
    while let brace = line[start...].firstIndex(of: UInt8(ascii: "{")) {
      if Self.openings.contains(where: { line[brace...].starts(with: $0) }) {
        if let message = Self.message(line[brace...]) {
          note(line[..<brace])
          return message
        }
        attempts += 1
        if attempts == Self.mostAttempts { break }
      }
      start = brace + 1
    }
    note(line)
    return nil
  }

  private mutating func note(_ bytes: ArraySlice<UInt8>) {
    if bytes.isEmpty { return }
    noiseCount += bytes.count
    let end: [UInt8] = noise.isEmpty ? [] : [UInt8(ascii: "\n")]
    noise += (end + bytes).prefix(max(0, Self.noiseLimit - noise.count))
  }

  /// The possible beginnings of the agent's lines.
  private static let openings = AgentLine.names.map { Array("{\"\($0)\":".utf8) }
  /// How often a line is parsed as a message, each time from a later beginning. The limit protects against hostile
  /// lines.
  private static let mostAttempts = 4

  /// The message in these bytes; nil if there is none. A message of an unknown kind becomes a refusal of its request,
  /// so that nothing waits for the reply.
  private static func message(_ bytes: ArraySlice<UInt8>) -> AgentLine? {
    do {
      return try WireCoding.value(AgentLine.self, from: bytes)
    } catch {
      let text =
        "the agent's message can't be read by version \(Greeting.current.version): "
        + WireCoding.reason(of: error)
      if let numbered = try? WireCoding.value(Numbered.self, from: bytes),
        let id = (numbered.reply ?? numbered.refusal)?.id
      {
        return .refusal(id: id, .failed(reason: text))
      }
      // JSON with this name is the agent's; a shell may print anything else.
      return (try? WireCoding.value(Named.self, from: bytes)) == nil ? nil : .notice(.warning(text))
    }
  }

  private struct Numbered: Decodable {
    struct Number: Decodable { var id: Int }
    var reply: Number?
    var refusal: Number?
  }

  private struct Named: Decodable {}
}
