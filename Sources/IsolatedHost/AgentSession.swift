import Agent
import Glibc
import Journal
import Linux

/// A controller's conversation with one agent, one question at a time, on the calling thread.
final class AgentSession {
  private let process: Int32
  private var input: Descriptor
  private let output: Descriptor
  private var buffer: [UInt8] = []
  private var lastID = 0
  /// How long an answer may take, in milliseconds.
  private static let patience: Int32 = 15_000

  /// Starts an agent by a command, and takes its host.
  init(_ command: [String]) throws {
    let pipe = try Descriptor.pipe()
    let back = try Descriptor.pipe()
    process = try spawn(
      command, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], input: pipe.read.number,
      output: back.write.number, errors: 2)
    input = Descriptor(owning: fcntl(pipe.write.number, F_DUPFD_CLOEXEC, 3))
    output = Descriptor(owning: fcntl(back.read.number, F_DUPFD_CLOEXEC, 3))
    _ = try ask(.hello(run: "bench"))
  }

  /// Ends the conversation, and with it the agent, which holds nothing any more.
  func end() throws {
    input.close()
    let code = try reap(process)
    if code != 0 { throw BenchFailed("murphy-agent ended with \(code)") }
  }

  /// Asks, and waits for the answer.
  @discardableResult
  func ask(_ request: Request) throws -> Reply { try reply(to: try send(request)) }

  /// Asks; the answer bears the number returned.
  func send(_ request: Request) throws -> Int {
    lastID += 1
    try input.write(try WireCoding.line(RequestLine(id: lastID, request: request)), to: "murphy-agent")
    return lastID
  }

  /// Waits for the answer of that number.
  func reply(to id: Int) throws -> Reply {
    while true {
      switch try next() {
      case .reply(id, let reply): return reply
      case .refusal(_, let reason): throw BenchFailed(reason)
      case .notice(let notice): try Self.checkHarmless(notice)
      case .reply: continue
      }
    }
  }

  /// Waits for the effect that the request of that number has.
  func effect(of id: Int) throws -> Effect {
    guard case .effective(let effect) = try reply(to: id) else {
      throw BenchFailed("an inject was answered with something else than an effect")
    }
    return effect
  }

  /// Waits until the host has lifted a lease by itself.
  func revert(of lease: String) throws -> Revert {
    while true {
      switch try next() {
      case .notice(.reverted(lease, let revert)): return revert
      case .notice(let notice): try Self.checkHarmless(notice)
      case .refusal(_, let reason): throw BenchFailed(reason)
      case .reply: continue
      }
    }
  }

  private static func checkHarmless(_ notice: Notice) throws {
    switch notice {
    case .stuck(let lease, let reason): throw BenchFailed("lease \(lease) is stuck: \(reason)")
    case .warning(let text): throw BenchFailed(text)
    case .reverted(let lease, let revert):
      throw BenchFailed("lease \(lease) was lifted unasked, by \(revert.cause.rawValue)")
    case .domain: break
    }
  }

  private func next() throws -> AgentLine {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeSubrange(...end) }
        return try WireCoding.value(AgentLine.self, from: buffer[..<end])
      }
      var ready = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
      guard try checked("poll", "murphy-agent", { poll(&ready, 1, Self.patience) }) == 1 else {
        throw BenchFailed("murphy-agent did not answer within \(Self.patience / 1000) s")
      }
      let bytes = try output.read(upTo: 65536, from: "murphy-agent")
      if bytes.isEmpty { throw BenchFailed("murphy-agent ended early") }
      buffer += bytes
    }
  }
}

/// Something that had to work for a measurement, and didn't: what.
struct BenchFailed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
