import Journal
import Scenario
import Testing

@testable import Agent
import AgentProtocol

// The case that a test expects of an answer, with its values. Any other case fails the test and is shown.

extension Reply {
  func welcome(at place: SourceLocation = #_sourceLocation) throws -> Welcome {
    try required({ if case .welcome(let welcome) = self { welcome } else { nil } }(), "welcome", self, place)
  }

  func admission(at place: SourceLocation = #_sourceLocation) throws -> [Refusal] {
    try required(
      { if case .admission(let refusals) = self { refusals } else { nil } }(), "admission", self, place)
  }

  @discardableResult func clock(at place: SourceLocation = #_sourceLocation) throws -> Nanoseconds {
    try required({ if case .clock(let time) = self { time } else { nil } }(), "clock", self, place)
  }

  func checked(at place: SourceLocation = #_sourceLocation) throws -> (
    cutsControlPath: Bool, missing: [String]
  ) {
    try required(
      { if case .checked(let cuts, let missing) = self { (cuts, missing) } else { nil } }(), "checked", self,
      place)
  }

  func armed(at place: SourceLocation = #_sourceLocation) throws {
    try required({ if case .armed = self { () } else { nil } }(), "armed", self, place)
  }

  func done(at place: SourceLocation = #_sourceLocation) throws {
    try required({ if case .done = self { () } else { nil } }(), "done", self, place)
  }

  @discardableResult func effective(at place: SourceLocation = #_sourceLocation) throws -> Effect {
    try required(
      { if case .effective(let effect) = self { effect } else { nil } }(), "effective", self, place)
  }

  @discardableResult func reverted(at place: SourceLocation = #_sourceLocation) throws -> Revert {
    try required({ if case .reverted(let revert) = self { revert } else { nil } }(), "reverted", self, place)
  }

  func leases(at place: SourceLocation = #_sourceLocation) throws -> [LeaseStatus] {
    try required(
      { if case .leases(let statuses, _) = self { statuses } else { nil } }(), "leases", self, place)
  }

  func state(at place: SourceLocation = #_sourceLocation) throws -> HostState {
    try required({ if case .state(let state) = self { state } else { nil } }(), "state", self, place)
  }
}

extension Notice {
  @discardableResult
  func reverted(_ lease: String, at place: SourceLocation = #_sourceLocation) throws -> Revert {
    try required(
      { if case .reverted(lease, let revert) = self { revert } else { nil } }(), "revert of \(lease)", self,
      place)
  }

  @discardableResult func warning(at place: SourceLocation = #_sourceLocation) throws -> String {
    try required({ if case .warning(let text) = self { text } else { nil } }(), "warning", self, place)
  }
}

extension AgentLine {
  /// The reply to the request with this id.
  func reply(to id: Int, at place: SourceLocation = #_sourceLocation) throws -> Reply {
    try required(
      { if case .reply(id, let reply) = self { reply } else { nil } }(), "reply to \(id)", self, place)
  }

  /// The refusal of the request with this id.
  func refusal(of id: Int, at place: SourceLocation = #_sourceLocation) throws -> Refusal {
    try required(
      { if case .refusal(id, let refusal) = self { refusal } else { nil } }(), "refusal of \(id)", self, place
    )
  }
}

private func required<Value>(
  _ value: Value?, _ expected: String, _ came: some Sendable, _ place: SourceLocation
) throws -> Value {
  try #require(value, "expected \(expected), and this came: \(came)", sourceLocation: place)
}
