import Agent
import AgentProtocol
import Glibc
import Journal
import Linux

/// A controller's conversation with one agent, one question at a time, on the calling thread.
package final class AgentSession {
  /// The process that was started: the agent, or what carries its lines.
  package let process: Int32
  private var input: Descriptor
  private var output: Descriptor
  private var buffer: [UInt8] = []
  private var lastID = 0
  /// How long an answer may take, in milliseconds.
  private static let patience: Int32 = 15_000

  /// Starts an agent by a command, and takes its host for a run.
  ///
  /// - Parameter preamble: what the command reads on its stdin before the agent's first request.
  package init(_ command: [String], preamble: [UInt8] = [], run: String) throws {
    var pipe = try Descriptor.pipe()
    var back = try Descriptor.pipe()
    process = try spawn(
      command, environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      input: pipe.read.number, output: back.write.number, errors: 2, newSession: true)
    pipe.read.close()
    back.write.close()
    input = Descriptor(owning: fcntl(pipe.write.number, F_DUPFD_CLOEXEC, 3))
    output = Descriptor(owning: fcntl(back.read.number, F_DUPFD_CLOEXEC, 3))
    try input.write(preamble, to: command[0])
    _ = try ask(.hello(run: run))
  }

  /// Ends the conversation, and with it the agent, which holds nothing any more.
  package func end() throws {
    input.close()
    let code = try reap(process)
    if code != 0 { throw AgentSessionFailed("murphy-agent ended with \(code)") }
  }

  /// Lets go of both ends, as the kernel does for a controller that was killed. The process is still to be reaped.
  package func hangUp() {
    input.close()
    output.close()
  }

  /// Asks, and waits for the answer.
  @discardableResult
  package func ask(_ request: Request) throws -> Reply { try reply(to: try send(request)) }

  /// Asks; the answer bears the number returned.
  package func send(_ request: Request) throws -> Int {
    lastID += 1
    try input.write(try WireCoding.line(RequestLine(id: lastID, request: request)), to: "murphy-agent")
    return lastID
  }

  /// Waits for the answer of that number.
  package func reply(to id: Int) throws -> Reply {
    while true {
      switch try next() {
      case .reply(id, let reply): return reply
      case .refusal(_, let reason): throw AgentSessionFailed(reason)
      case .notice(let notice): try Self.checkHarmless(notice)
      case .reply, .greeting: continue
      }
    }
  }

  /// Waits for the effect that the request of that number has.
  package func effect(of id: Int) throws -> Effect {
    guard case .effective(let effect) = try reply(to: id) else {
      throw AgentSessionFailed("an inject was answered with something else than an effect")
    }
    return effect
  }

  /// Waits until a lease's fault is reported to have ended early.
  package func earlyEnd(of lease: String) throws -> EarlyEnd {
    while true {
      switch try next() {
      case .notice(.ended(lease, let end)): return end
      case .notice(let notice): try Self.checkHarmless(notice)
      case .refusal(_, let reason): throw AgentSessionFailed(reason)
      case .reply, .greeting: continue
      }
    }
  }

  /// Waits until the host has lifted a lease by itself.
  package func revert(of lease: String) throws -> Revert {
    while true {
      switch try next() {
      case .notice(.reverted(lease, let revert)): return revert
      case .notice(let notice): try Self.checkHarmless(notice)
      case .refusal(_, let reason): throw AgentSessionFailed(reason)
      case .reply, .greeting: continue
      }
    }
  }

  /// The next line that comes while another descriptor has nothing to read; nil where that one is first, or where the
  /// agent has ended.
  package func line(unless other: Int32) throws -> AgentLine? {
    while true {
      if let line = try buffered() { return line }
      var watched = [other, output.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard try checked("poll", "murphy-agent", { poll(&watched, 2, Self.patience) }) > 0 else {
        throw AgentSessionFailed("murphy-agent said nothing within \(Self.patience / 1000) s")
      }
      if watched[0].revents != 0 { return nil }
      let bytes = try output.read(upTo: 65536, from: "murphy-agent")
      if bytes.isEmpty { return nil }
      buffer += bytes
    }
  }

  private static func checkHarmless(_ notice: Notice) throws {
    switch notice {
    case .stuck(let lease, let reason): throw AgentSessionFailed("lease \(lease) is stuck: \(reason)")
    case .warning(let text), .refused(let text): throw AgentSessionFailed(text)
    case .reverted(let lease, let revert):
      throw AgentSessionFailed("lease \(lease) was lifted unasked, by \(revert.cause.rawValue)")
    case .ended(let lease, let end):
      throw AgentSessionFailed("lease \(lease) is said to have ended early: \(end.reason)")
    case .domain, .report: break
    }
  }

  private func buffered() throws -> AgentLine? {
    guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { buffer.removeSubrange(...end) }
    return try WireCoding.value(AgentLine.self, from: buffer[..<end])
  }

  private func next() throws -> AgentLine {
    while true {
      if let line = try buffered() { return line }
      var ready = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
      guard try checked("poll", "murphy-agent", { poll(&ready, 1, Self.patience) }) == 1 else {
        throw AgentSessionFailed("murphy-agent did not answer within \(Self.patience / 1000) s")
      }
      let bytes = try output.read(upTo: 65536, from: "murphy-agent")
      if bytes.isEmpty { throw AgentSessionFailed("murphy-agent ended early") }
      buffer += bytes
    }
  }
}

/// A conversation that did not go as it must: what happened.
package struct AgentSessionFailed: Error, CustomStringConvertible {
  /// What happened.
  package var description: String
  init(_ description: String) { self.description = description }
}
