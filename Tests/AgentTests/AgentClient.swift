import Glibc
import HostTesting
import Linux
import Testing

@testable import Agent
import AgentProtocol

/// A controller's end of a conversation with an agent.
final class AgentClient {
  /// The process that was started; the agent is its child.
  var pid: Int32 { child.pid }
  private let child: ChildProcess
  private var buffer: [UInt8] = []
  private var isOver = false
  private var lastId = 0
  /// Messages that don't answer a request.
  private(set) var notices: [Notice] = []

  init(_ arguments: [String], environment: [String: String]) throws {
    child = try ChildProcess(
      arguments, environment: environment, session: .callers, input: .pipe, output: .pipe,
      errors: .inherited)
  }

  /// Sends a request, and waits for its reply.
  func ask(_ request: Request) throws -> AgentLine {
    lastId += 1
    try send(try WireCoding.line(RequestLine(id: lastId, request: request)))
    while true {
      switch try read() {
      case .notice(let notice): notices.append(notice)
      case .greeting: continue
      case let line:
        if line.id == lastId { return line }
        Issue.record("an answer that was not asked for: \(line)")
      }
    }
  }

  /// Sends requests in one write, and waits for all of their replies, in the order of arrival.
  func ask(together requests: [Request]) throws -> [AgentLine] {
    var bytes: [UInt8] = []
    var open: Set<Int> = []
    for request in requests {
      lastId += 1
      open.insert(lastId)
      bytes += try WireCoding.line(RequestLine(id: lastId, request: request))
    }
    try send(bytes)
    var answers: [AgentLine] = []
    while !open.isEmpty {
      let line = try read()
      if case .notice(let notice) = line { notices.append(notice) }
      guard let id = line.id, open.remove(id) != nil else { continue }
      answers.append(line)
    }
    return answers
  }

  /// The reply to a request that must be accepted.
  func reply(to request: Request, sourceLocation: SourceLocation = #_sourceLocation) throws -> Reply {
    let line = try ask(request)
    guard case .reply(_, let reply) = line else {
      Issue.record("\(request): \(line)", sourceLocation: sourceLocation)
      throw NeverHappened("\(request) is done")
    }
    return reply
  }

  /// The refusal of a request that must be refused.
  func refusal(of request: Request, sourceLocation: SourceLocation = #_sourceLocation) throws -> Refusal {
    let line = try ask(request)
    guard case .refusal(_, let refusal) = line else {
      Issue.record("\(request): \(line)", sourceLocation: sourceLocation)
      throw NeverHappened("\(request) is refused")
    }
    return refusal
  }

  /// Sends bytes unchanged.
  func send(_ bytes: some Collection<UInt8>) throws { try child.write(bytes) }

  /// Waits for the next notice.
  func notice() throws -> Notice {
    if !notices.isEmpty { return notices.removeFirst() }
    while true {
      if case .notice(let notice) = try read() { return notice }
    }
  }

  /// The next line.
  func read() throws -> AgentLine {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        return try WireCoding.value(AgentLine.self, from: line)
      }
      guard try fill() else { throw NeverHappened("the agent sends another line") }
    }
  }

  /// All further lines, until the program closes its stdout.
  func rest() throws -> String {
    while try fill() {}
    return String(decoding: buffer, as: UTF8.self)
  }

  /// The controller closes the connection.
  func hangUp() { child.closeInput() }

  /// The exit code; -1 if a signal ended the program. Processes that still run are killed.
  @discardableResult func reap() -> Int32 {
    if !isOver, (try? child.hasEnded()) == false {
      hangUp()
      for child in AgentHost.children(of: pid) { kill(child, SIGKILL) }
      // If nsenter's child is stopped, nsenter stops itself too.
      kill(pid, SIGCONT)
    }
    return (try? child.wait())?.code ?? -1
  }

  /// Waits for the agent's own end, and returns its exit code.
  func exitCode() throws -> Int32 {
    while try fill() {}
    return reap()
  }

  /// False at the end of the output.
  private func fill() throws -> Bool {
    if isOver { return false }
    guard let part = try child.read(within: .seconds(60)) else {
      throw NeverHappened("the agent sends anything within a minute")
    }
    buffer += part
    isOver = part.isEmpty
    return !isOver
  }
}

extension AgentLine {
  fileprivate var id: Int? {
    switch self {
    case .reply(let id, _), .refusal(let id, _): id
    case .notice, .greeting: nil
    }
  }
}

extension Refusal {
  /// Whether an operator holds the host.
  var isHeld: Bool { if case .held = self { true } else { false } }
  /// Whether the host has no policy that can be read.
  var isOfNoPolicy: Bool { isOfNoPolicy(naming: "") }

  /// Whether this is so, and the reason names this object.
  func isOfNoPolicy(naming name: String) -> Bool {
    if case .noPolicy(let reason) = self { name.isEmpty || reason.contains(name) } else { false }
  }

  /// Whether the policy in this file refuses this part of a fault.
  func isOf(_ denial: Policy.Denial, by file: String = Policy.path) -> Bool {
    let refusals = if case .several(let several) = self { several } else { [self] }
    return refusals.contains(.notAllowed(reason: denial.line(of: file)))
  }

  /// Whether an act on the lease failed with this error, or with one that names this object.
  func isOfLease(_ lease: String, with error: any CustomStringConvertible) -> Bool {
    if case .leaseFailed(lease, let reason) = self { reason.contains("\(error)") } else { false }
  }

  /// Whether this lease on the disk can't be read.
  func isOfUnreadableLease(_ lease: String) -> Bool {
    if case .leaseUnreadable(let reason) = self { reason.contains("/\(lease).lease") } else { false }
  }
}
