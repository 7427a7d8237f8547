import Agent
import AgentProtocol
import Glibc
import IsolatedHost
import Linux
import NamespaceTesting
import Scenario
import Testing

/// A host for one test: its own network, mounts and processes in the guest, and the network namespace `peer` at the
/// other end of its cables. Scripts have the functions of `Image/case.sh`.
final class GuestHost {
  /// Nil if the host is the guest itself.
  private let name: String?
  private let guest: Guest

  init(_ name: String?, in guest: Guest) {
    self.name = name
    self.guest = guest
  }

  /// Runs a script to its end; returns its stdout. If it fails, throws an error with its stderr.
  @discardableResult
  func run(_ script: String) throws -> String {
    let outcome = try guest.run(". /etc/case.sh\n\(script)", on: name)
    guard outcome.code == 0 else {
      throw GuestFailed("exit code \(outcome.code) of: \(script)\n\(outcome.text)")
    }
    return String(decoding: outcome.output, as: UTF8.self)
  }

  /// Starts an agent, which locks this host for a run.
  ///
  /// - Parameter connection: the value of SSH_CONNECTION; see ssh(1).
  func agent(run: String = "run-1", connection: String? = nil) throws -> AgentSession {
    try self.run("echo '\(Self.policy)' > \(Policy.path)")
    let environment = connection.map { "env 'SSH_CONNECTION=\($0)' " } ?? ""
    let (command, preamble) = guest.connection(with: environment + "murphy-agent", on: name)
    return try AgentSession(command, preamble: preamble, run: run)
  }

  private static let policy = Resource.Kind.policyAllowingAll()
}

/// Runs a body with a host in the guest, on a dedicated thread.
///
/// Cancels the test with the reason if this machine can't run the guest.
func withGuestHost<Result: Sendable>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @Sendable (GuestHost) throws -> Result
) async throws -> Result {
  try await withGuest(sourceLocation) { try body(try $0.host()) }
}

/// Runs a body with the guest itself as the host, for what no namespace has, as `withGuestHost` does.
func withGuestMachine<Result: Sendable>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @Sendable (GuestHost) throws -> Result
) async throws -> Result {
  try await withGuest(sourceLocation) { try body(GuestHost(nil, in: $0)) }
}

private func withGuest<Result: Sendable>(
  _ sourceLocation: SourceLocation, _ body: @Sendable (Guest) throws -> Result
) async throws -> Result {
  let guest: Guest
  do {
    guest = try await Guest.booted.value
  } catch let error as GuestUnavailable {
    try Test.cancel("no guest: \(error.reason)", sourceLocation: sourceLocation)
  }
  await Places.shared.take()
  let outcome: Swift.Result<Result, any Error>
  do {
    outcome = .success(try await onOwnThread { try body(guest) })
  } catch {
    outcome = .failure(error)
  }
  await Places.shared.giveBack()
  return try outcome.get()
}

/// The number of hosts that work at the same time. The guest has two processors, and faults mostly wait.
private actor Places {
  static let shared = Places()
  private var free = 4
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a suite if the machine doesn't have a program that the guest needs.
  static var needsGuest: Self {
    .enabled("needs \(Guest.neededPrograms.joined(separator: ", "))") { Guest.isPossible }
  }
}
