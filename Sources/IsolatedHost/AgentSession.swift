import Agent
import AgentProtocol
import Glibc
import Journal
import Linux

/// A controller's session with one agent: one request at a time, on the calling thread.
package final class AgentSession {
  /// The process that was started: the agent, or a program that forwards its lines.
  package var process: ProcessIdentity { child.identity }
  private let child: ChildProcess
  private var buffer: [UInt8] = []
  private var lastID = 0
  /// How long a reply may take.
  private static let patience = Duration.seconds(15)

  /// Starts an agent by a command, and says hello for a run.
  ///
  /// - Parameter preamble: bytes that the command reads on stdin before the agent's first request.
  package init(_ command: [String], preamble: [UInt8] = [], run: String) throws {
    child = try ChildProcess(
      command, environment: ["PATH": ToolEnvironment.path], input: .pipe, output: .pipe, errors: .inherited)
    try child.write(preamble)
    _ = try ask(.hello(run: run))
  }

  /// Ends the session and the agent. The agent must hold no lease.
  package func end() throws {
    let end = try awaitEnd()
    if !end.isSuccess { throw AgentSessionFailed("murphy-agent ended with \(end)") }
  }

  /// Closes the agent's stdin, and waits until the agent ends.
  @discardableResult
  package func awaitEnd() throws -> ProcessEnd {
    child.closeInput()
    if let end = try child.wait(within: Self.patience) { return end }
    throw AgentSessionFailed("murphy-agent did not end within \(Self.patience)")
  }

  package func endInput() { child.closeInput() }

  /// Closes both ends, as the kernel does for a controller that was killed. The process continues to run.
  package func hangUp() throws {
    child.closeInput()
    try child.closeOutput()
  }

  package func kill() { child.kill() }

  /// Sends a request and waits for the reply.
  @discardableResult
  package func ask(_ request: Request) throws -> Reply { try reply(to: try send(request)) }

  /// Sends a request; its reply has the id that this returns.
  package func send(_ request: Request) throws -> Int {
    lastID += 1
    try send(try WireCoding.line(RequestLine(id: lastID, request: request)))
    return lastID
  }

  /// Sends raw bytes.
  package func send(_ bytes: [UInt8]) throws { try child.write(bytes) }

  /// Waits for the reply to the request with this id.
  package func reply(to id: Int) throws -> Reply {
    while true {
      switch try next() {
      case .reply(id, let reply): return reply
      case .refusal(_, let refusal): throw AgentSessionFailed("\(refusal)")
      case .notice(let notice): try Self.checkHarmless(notice)
      case .reply, .greeting: continue
      }
    }
  }

  /// Waits for the effect of the request with this id.
  package func effect(of id: Int) throws -> Effect {
    guard case .effective(let effect) = try reply(to: id) else {
      throw AgentSessionFailed("the reply to an inject is not an effect")
    }
    return effect
  }

  /// Waits for the report that a lease's fault has ended early.
  package func earlyEnd(of lease: String) throws -> EarlyEnd {
    while true {
      switch try next() {
      case .notice(.ended(lease, let end)): return end
      case .notice(let notice): try Self.checkHarmless(notice)
      case .refusal(_, let refusal): throw AgentSessionFailed("\(refusal)")
      case .reply, .greeting: continue
      }
    }
  }

  /// Waits until the host has reverted a lease without a request.
  package func revert(of lease: String) throws -> Revert {
    while true {
      switch try next() {
      case .notice(.reverted(lease, let revert)): return revert
      case .notice(let notice): try Self.checkHarmless(notice)
      case .refusal(_, let refusal): throw AgentSessionFailed("\(refusal)")
      case .reply, .greeting: continue
      }
    }
  }

  /// The next line that arrives before another descriptor becomes readable; nil if that one is first, or if the agent
  /// has ended.
  package func line(unless other: Int32) throws -> AgentLine? {
    while true {
      if let line = try buffered() { return line }
      guard let bytes = try child.read(within: Self.patience, unless: other) else {
        throw AgentSessionFailed("murphy-agent sent nothing within \(Self.patience)")
      }
      if bytes.isEmpty { return nil }
      buffer += bytes
    }
  }

  private static func checkHarmless(_ notice: Notice) throws {
    switch notice {
    case .stuck(let lease, let reason): throw AgentSessionFailed("lease \(lease) is stuck: \(reason)")
    case .warning(let text), .refused(let text): throw AgentSessionFailed(text)
    case .reverted(let lease, let revert):
      throw AgentSessionFailed("lease \(lease) was reverted without a request, by \(revert.cause.rawValue)")
    case .ended(let lease, let end):
      throw AgentSessionFailed("lease \(lease) was reported to have ended early: \(end.reason)")
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
      guard let bytes = try child.read(within: Self.patience) else {
        throw AgentSessionFailed("murphy-agent did not answer within \(Self.patience)")
      }
      if bytes.isEmpty { throw AgentSessionFailed("murphy-agent ended early") }
      buffer += bytes
    }
  }
}

/// A session failed.
package struct AgentSessionFailed: Error, CustomStringConvertible {
  package var description: String
  init(_ description: String) { self.description = description }
}
