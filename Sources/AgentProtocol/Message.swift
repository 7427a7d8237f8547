import FoundationEssentials
import Journal
import Scenario

/// A request of the controller to a host's agent: one JSON line on the agent's stdin.
package struct RequestLine: Codable, Sendable {
  /// The id of the reply.
  package var id: Int
  package var request: Request

  package init(id: Int, request: Request) {
    self.id = id
    self.request = request
  }
}

/// The requests of a controller to an agent.
package enum Request: Codable, Sendable {
  /// Takes the host for a run. Refused if another run has it, if the host has no policy or is held, or if the
  /// controller has another protocol; `by` is nil from controllers before 0.2.0.
  case hello(run: String, by: Greeting?)
  /// Why a run would be refused here now. Takes nothing.
  case admission
  case clock
  /// The host's fingerprint, including the configuration of what the views show.
  case survey(views: [ViewSpec])
  /// Get the effects that a fault would have here, and the requirements that the host doesn't meet. Changes nothing.
  case check(FaultSpec, duration: Nanoseconds)
  /// Takes a fault's lease: snapshot, lease on disk, watchdog, and all preparations. The inject request will come
  /// `begins` from now; the deadline is `begins + duration` from now.
  case arm(lease: String, order: FaultSpec, begins: Nanoseconds, duration: Nanoseconds)
  /// Injects an armed fault.
  case inject(lease: String)
  /// Reverts a fault.
  case revert(lease: String)
  /// Deletes the record of a reverted fault.
  case forget(lease: String)
  /// The state of this run's leases on the host's disk; requested after a connection was lost.
  case leases
  /// Resumes domains that were suspended by these leases, which have ended, and then migrated here from another host.
  case thaw(leases: [String])
  /// The host's state, for residue; first resumes domains as `thaw` does.
  case state(thawing: [String])
  /// Reports domains' states from now on, as notices.
  case watchDomains
  /// Runs the tools of a view. The tools are from the agent's own list of views, or a command that the host's policy
  /// allows.
  case query(ViewSpec)
  /// Reports why these files can't be read for the audit of records. Changes nothing.
  case checkFiles(paths: [String])
  /// A cold read of the records of an owner in a file that the host's policy allows: a disk's image or a replica of it.
  case records(path: String, owner: String)
}

extension Request {
  /// Takes the host for a run of this controller.
  package static func hello(run: String) -> Request { .hello(run: run, by: .current) }
}

/// A line of the agent: its greeting, the reply to a request, or a notice.
///
/// Calls (`murphy-agent recover --json` and others) send a greeting and notices: these formats must stay readable for
/// all other versions.
package enum AgentLine: Codable, Sendable {
  /// The first line; see `Greeting`.
  case greeting(version: String, protocol: Int)
  /// The reply to the request with this id.
  case reply(id: Int, Reply)
  /// The request with this id was refused.
  case refusal(id: Int, Refusal)
  /// An event.
  case notice(Notice)

  /// The keys on the wire.
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case greeting = "murphy-agent"
    case reply, refusal, notice
  }

  /// The keys on the wire.
  package static var names: [String] { CodingKeys.allCases.map(\.rawValue) }
}

/// The replies of an agent.
package enum Reply: Codable, Sendable {
  /// The run has the host.
  case welcome(Welcome)
  /// Why a run would be refused here now; empty if it would be admitted.
  case admission(refusals: [Refusal])
  case clock(Nanoseconds)
  /// The host's fingerprint, and its running domains.
  case survey(fingerprint: [String: String], running: [String])
  /// The effects that a fault would have, and the requirements that the host doesn't meet.
  case checked(cutsControlPath: Bool, missing: [String])
  /// The lease is armed.
  case armed
  /// The effect was verified, at this time of the host's monotonic clock.
  case effective(Effect)
  case reverted(Revert)
  case done
  /// The state of the run's leases. Not complete while an earlier session of the run still exists: if it was stopped, it
  /// may write the record of one more lease when it continues.
  case leases([LeaseStatus], isComplete: Bool)
  case state(HostState)
  /// The answers of the view's tools, in order.
  case queried([ViewAnswer])
  /// The records in a file.
  case records(RecordsFound)
}

package struct Welcome: Codable, Sendable {
  package var version: String
  /// The kernel's boot id: times of different boots are not comparable.
  package var boot: String
  package var foreignLeases: [LeaseStatus]

  package init(version: String, boot: String, foreignLeases: [LeaseStatus]) {
    self.version = version
    self.boot = boot
    self.foreignLeases = foreignLeases
  }

  /// The keys on the wire: an agent's version must be readable for all other versions.
  private enum CodingKeys: String, CodingKey {
    case version, boot
    case foreignLeases = "strangers"
  }
}

/// A verified effect, in the host's monotonic time.
package struct Effect: Codable, Equatable, Sendable {
  package var at: Nanoseconds
  /// From the receipt of the command to the verified effect.
  package var took: Nanoseconds
  /// The observation that proves it.
  package var evidence: String

  package init(at: Nanoseconds, took: Nanoseconds, evidence: String) {
    self.at = at
    self.took = took
    self.evidence = evidence
  }
}

/// A verified revert, in the host's monotonic time.
package struct Revert: Codable, Equatable, Sendable {
  package var at: Nanoseconds
  /// The trigger of the revert.
  package var cause: RevertCause
  /// The residue, a line each.
  package var residue: [String]
  /// The boot id for the clock of `at`; nil in the log of an agent that didn't record it.
  package var boot: String?
  /// The observation just before the undo; nil if the fault was never injected, and in the log of an agent that did
  /// not observe it.
  package var lastObservation: LastObservation?

  package init(
    at: Nanoseconds, cause: RevertCause, residue: [String], boot: String? = nil,
    lastObservation: LastObservation? = nil
  ) {
    self.at = at
    self.cause = cause
    self.residue = residue
    self.boot = boot
    self.lastObservation = lastObservation
  }
}

/// The observation of an effect just before its undo, in the host's monotonic time.
package struct LastObservation: Codable, Equatable, Sendable {
  /// The last observation of the effect; nil if that is not known for this boot.
  package var lastActive: Nanoseconds?
  /// What had ended it by then, if it ever began; nil if it was active, or could not be observed.
  package var ended: EarlyEnd?

  package init(lastActive: Nanoseconds? = nil, ended: EarlyEnd? = nil) {
    self.lastActive = lastActive
    self.ended = ended
  }
}

/// The end of an effect that no revert caused, in the host's monotonic time.
package struct EarlyEnd: Codable, Equatable, Sendable {
  /// The last observation of the effect; nil if this host's disk has none for this boot.
  package var lastActive: Nanoseconds?
  /// The first observation without it.
  package var firstEnded: Nanoseconds
  /// The boot id for both times.
  package var boot: String
  /// What ended it.
  package var cause: EndCause
  /// What was observed instead.
  package var reason: String

  package init(
    lastActive: Nanoseconds? = nil, firstEnded: Nanoseconds, boot: String, cause: EndCause, reason: String
  ) {
    self.lastActive = lastActive
    self.firstEnded = firstEnded
    self.boot = boot
    self.cause = cause
    self.reason = reason
  }
}

/// The state of a lease on the host's disk.
package struct LeaseStatus: Codable, Sendable {
  package var lease: String
  package var run: String
  package var fault: String
  package var object: String
  /// The boot id at which it was taken.
  package var boot: String
  /// Whether its injection was started, as far as is known.
  package var isStarted = false
  /// Its effect, once verified.
  package var effect: Effect?
  /// The end of its effect, if that came before the revert.
  package var ended: EarlyEnd?
  /// The first observation of a reverting process; nil before a revert.
  package var lastObservation: LastObservation?
  /// Its revert, once verified.
  package var revert: Revert?
  /// Whether its injection has ended without a confirmed effect, and no act of it can follow; nil from agents that don't
  /// record it.
  package var hasInjectionEnded: Bool?
  /// Whether injection was started and never confirmed; a hypervisor may still perform it.
  package var isInDoubt: Bool { isStarted && effect == nil && hasInjectionEnded != true }

  package init(
    lease: String, run: String, fault: String, object: String, boot: String, isStarted: Bool = false,
    effect: Effect? = nil, ended: EarlyEnd? = nil, lastObservation: LastObservation? = nil,
    revert: Revert? = nil
  ) {
    self.lease = lease
    self.run = run
    self.fault = fault
    self.object = object
    self.boot = boot
    self.isStarted = isStarted
    self.effect = effect
    self.ended = ended
    self.lastObservation = lastObservation
    self.revert = revert
  }
}

/// The notices of an agent.
package enum Notice: Codable, Sendable {
  /// The host itself reverted a fault.
  case reverted(lease: String, Revert)
  /// A fault's effect ended before its revert.
  case ended(lease: String, EarlyEnd)
  /// A fault could not be reverted, and why. The revert is repeated.
  case stuck(lease: String, String)
  /// A domain's state, at this time of the host's monotonic clock.
  case domain(name: String, state: DomainSeen.State, what: String, at: Nanoseconds)
  /// A text for the run's log.
  case warning(String)
  /// A line about a call's result, for display. For `recover` also the result as a value, which agents before 0.2.0 don't
  /// send.
  case report(String, recovery: Recovery? = nil)
  /// The agent refuses the call and ends; the reason is for display.
  case refused(String)
}

extension RequestLine {
  /// The maximum length of a line in bytes, for agent and controller: a longer one ends the connection.
  package static let lengthLimit = 1 << 20
}

/// Reads and writes a JSON line.
package enum WireCoding {
  /// A value as one line, with its end.
  package static func line(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  /// The value of one line.
  package static func value<T: Decodable>(_ type: T.Type, from line: some Collection<UInt8>) throws -> T {
    try JSONDecoder().decode(type, from: Data(line))
  }

  /// Why a line could not be decoded, in a few words.
  package static func reason(of error: any Error) -> String {
    (error as? DecodingError)?.words ?? "\(error)"
  }
}
