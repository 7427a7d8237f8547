import Agent
import AgentProtocol
import Glibc
import IsolatedHost
import Linux
import NamespaceTesting
import Testing

/// A host of one test: network, mounts and processes of its own in the guest, and the network namespace `peer` at the
/// other end of its cables. Scripts have the functions of `Image/case.sh`.
final class GuestHost {
  private let name: String
  private let guest: Guest

  init(_ name: String, in guest: Guest) {
    self.name = name
    self.guest = guest
  }

  /// Runs a script to its end; what it writes to stdout. One that fails is an error with what it wrote to stderr.
  @discardableResult
  func run(_ script: String) throws -> String {
    let outcome = try guest.run(". /etc/case.sh\n\(script)", on: name)
    guard outcome.code == 0 else {
      throw GuestFailed("exit code \(outcome.code) of: \(script)\n\(outcome.text)")
    }
    return String(decoding: outcome.output, as: UTF8.self)
  }

  /// Starts an agent, which takes this host for a run.
  ///
  /// - Parameter connection: the ssh connection that it finds in its environment; see SSH_CONNECTION in ssh(1).
  func agent(run: String = "run-1", connection: String? = nil) throws -> AgentSession {
    try self.run("echo '\(Self.policy)' > \(Policy.path)")
    let environment = connection.map { "env 'SSH_CONNECTION=\($0)' " } ?? ""
    let (command, preamble) = guest.connection(with: environment + "murphy-agent", on: name)
    return try AgentSession(command, preamble: preamble, run: run)
  }

  private static let policy = #"{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}"#
}

/// Runs a body with a host in the guest, on a thread of its own.
///
/// Cancels the test, with the reason, where this machine can't have the guest.
func withGuestHost<Result: Sendable>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @Sendable (GuestHost) throws -> Result
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
    outcome = .success(try await onOwnThread { try body(try guest.host()) })
  } catch {
    outcome = .failure(error)
  }
  await Places.shared.giveBack()
  return try outcome.get()
}

/// How many hosts are at work at once: the guest has two processors, and faults are mostly waits.
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
  /// Skips a suite on a machine that lacks a program that the guest needs.
  static var needsGuest: Self {
    .enabled("needs \(Guest.neededPrograms.joined(separator: ", "))") { Guest.isPossible }
  }
}
