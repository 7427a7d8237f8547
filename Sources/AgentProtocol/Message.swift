import FoundationEssentials
import Journal
import Scenario

/// A request of the controller to a host's agent: one JSON line on the agent's stdin.
package struct RequestLine: Codable, Sendable {
  /// The number that the reply bears.
  package var id: Int
  /// What is asked.
  package var request: Request

  /// A request with its number.
  package init(id: Int, request: Request) {
    self.id = id
    self.request = request
  }
}

/// What a controller can ask of an agent.
package enum Request: Codable, Sendable {
  /// Takes the host for a run. Refused where another run has it, the host has no policy, somebody holds it, or the
  /// controller speaks another protocol; `by` is nil from controllers before 0.2.0.
  case hello(run: String, by: Greeting?)
  /// Why a run would be refused here now. Takes nothing.
  case admission
  /// The host's clock now.
  case clock
  /// What the host is made of, and how what the views show is configured.
  case survey(views: [ViewSpec])
  /// What a fault would cut here, and what the host lacks for it. Touches nothing.
  case check(FaultSpec, duration: Nanoseconds)
  /// Takes a fault's lease: snapshot, lease on disk, watchdog, all that can stand ready. `begins` from now the
  /// fault will be asked for; the deadline is `begins + duration` from now.
  case arm(lease: String, order: FaultSpec, begins: Nanoseconds, duration: Nanoseconds)
  /// Does an armed fault.
  case inject(lease: String)
  /// Undoes a fault.
  case revert(lease: String)
  /// Drops the record of a lifted fault.
  case settle(lease: String)
  /// How this run's leases stand, by the host's disk: asked after a connection was lost.
  case leases
  /// Lifts domains that came here from another host while these leases, which have ended, held them frozen.
  case thaw(leases: [String])
  /// The host's state, for residue; what `thaw` lifts is lifted first.
  case state(thawing: [String])
  /// Tells domains' states from now on, as notices.
  case watchDomains
  /// Runs the tools of a view, which the agent's own list of views has, or a command that the host's policy allows.
  case look(ViewSpec)
}

extension Request {
  /// Takes the host for a run of this controller's.
  package static func hello(run: String) -> Request { .hello(run: run, by: .current) }
}

/// A line of the agent's: its greeting, the reply to a request, or a notice that nobody asked for.
///
/// Calls (`murphy-agent recover --json` and the like) greet, and send notices: those and the greeting must stay readable
/// for every other version.
package enum AgentLine: Codable, Sendable {
  /// The first line: who speaks; see `Greeting`.
  case greeting(version: String, protocol: Int)
  /// The reply to the request of that number.
  case reply(id: Int, Reply)
  /// The request of that number was not done: why, in words for people.
  case refusal(id: Int, String)
  /// Something happened.
  case notice(Notice)

  /// The key of each on the wire.
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case greeting = "murphy-agent"
    case reply, refusal, notice
  }

  /// The keys on the wire.
  package static var names: [String] { CodingKeys.allCases.map(\.rawValue) }
}

/// What an agent answers.
package enum Reply: Codable, Sendable {
  /// The run has the host.
  case welcome(Welcome)
  /// Why a run would be refused here now, a line each; empty where it would be let in.
  case admission(refusals: [String])
  /// The host's monotonic clock.
  case clock(Nanoseconds)
  /// What the host is made of: the fingerprint, and the domains that run.
  case survey(fingerprint: [String: String], running: [String])
  /// What a fault would cut, and what is missing for it.
  case checked(cutsControlPath: Bool, missing: [String])
  /// The lease stands.
  case armed
  /// The effect was seen, at this time of the host's monotonic clock.
  case effective(Effect)
  /// The fault is lifted.
  case reverted(Revert)
  /// Done.
  case done
  /// How the run's leases stand.
  case leases([LeaseStanding])
  /// The host's state.
  case state(HostState)
  /// What the view's programs answered, in their order.
  case looked([ViewAnswer])
}

/// The agent's answer to `hello`.
package struct Welcome: Codable, Sendable {
  /// The agent's version.
  package var version: String
  /// The kernel's boot: its clock means nothing in another.
  package var boot: String
  /// Leases of other runs that still stand on this host.
  package var strangers: [LeaseStanding]

  /// A welcome of these parts.
  package init(version: String, boot: String, strangers: [LeaseStanding]) {
    self.version = version
    self.boot = boot
    self.strangers = strangers
  }
}

/// A verified effect, in the host's monotonic time.
package struct Effect: Codable, Equatable, Sendable {
  /// When it was seen.
  package var at: Nanoseconds
  /// From the receipt of the command to the verified effect.
  package var took: Nanoseconds
  /// What was seen.
  package var evidence: String

  /// An effect of these parts.
  package init(at: Nanoseconds, took: Nanoseconds, evidence: String) {
    self.at = at
    self.took = took
    self.evidence = evidence
  }
}

/// A verified revert, in the host's monotonic time.
package struct Revert: Codable, Equatable, Sendable {
  /// When it was verified.
  package var at: Nanoseconds
  /// Which link of the chain did it.
  package var cause: RevertCause
  /// What still differs, a line each.
  package var residue: [String]
  /// The boot whose clock `at` is of; nil in the log of an agent that didn't note it.
  package var boot: String?
  /// What was seen right before the undo; nil where the fault was never injected, and in the log of an agent that
  /// didn't look.
  package var lastLook: LastLook?

  /// A revert of these parts.
  package init(
    at: Nanoseconds, cause: RevertCause, residue: [String], boot: String? = nil, lastLook: LastLook? = nil
  ) {
    self.at = at
    self.cause = cause
    self.residue = residue
    self.boot = boot
    self.lastLook = lastLook
  }
}

/// What was seen of an effect right before it was undone, in the host's monotonic time.
package struct LastLook: Codable, Equatable, Sendable {
  /// When it was last seen to be active; nil where that is not known of this boot.
  package var lastActive: Nanoseconds?
  /// What had ended it by then, if it ever began; nil where it was active, or could not be looked at.
  package var ended: EarlyEnd?

  /// A look of these parts.
  package init(lastActive: Nanoseconds? = nil, ended: EarlyEnd? = nil) {
    self.lastActive = lastActive
    self.ended = ended
  }
}

/// The end of an effect that no revert brought about, in the host's monotonic time.
package struct EarlyEnd: Codable, Equatable, Sendable {
  /// When the effect was last seen to be active; nil where this host's disk has nothing of that, for this boot.
  package var lastActive: Nanoseconds?
  /// When it was first seen to have ended.
  package var firstEnded: Nanoseconds
  /// The boot whose clock both are of.
  package var boot: String
  /// Who ended it.
  package var cause: EndCause
  /// What was seen in its place.
  package var reason: String

  /// An end of these parts.
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

/// How a lease stands by the host's disk.
package struct LeaseStanding: Codable, Sendable {
  /// Its name.
  package var lease: String
  /// The run that it belongs to.
  package var run: String
  /// The fault's name.
  package var fault: String
  /// What is cut or stopped.
  package var object: String
  /// The kernel's boot in which it was taken.
  package var boot: String
  /// Whether its fault was let go, as far as is known.
  package var isLetGo = false
  /// Its effect, once seen.
  package var effect: Effect?
  /// The end of its effect, where that came before the revert.
  package var ended: EarlyEnd?
  /// What whoever reverts it saw first; nil while nobody does.
  package var lastLook: LastLook?
  /// Its end, once verified.
  package var revert: Revert?
  /// Whether it was let go and nobody saw the end of that act, which a hypervisor may still do.
  package var isInDoubt: Bool { isLetGo && effect == nil }

  /// A lease as the disk has it, of these parts.
  package init(
    lease: String, run: String, fault: String, object: String, boot: String, isLetGo: Bool = false,
    effect: Effect? = nil, ended: EarlyEnd? = nil, lastLook: LastLook? = nil, revert: Revert? = nil
  ) {
    self.lease = lease
    self.run = run
    self.fault = fault
    self.object = object
    self.boot = boot
    self.isLetGo = isLetGo
    self.effect = effect
    self.ended = ended
    self.lastLook = lastLook
    self.revert = revert
  }
}

/// What an agent tells unasked.
package enum Notice: Codable, Sendable {
  /// A fault was lifted by the host itself.
  case reverted(lease: String, Revert)
  /// A fault's effect ended before its revert.
  case ended(lease: String, EarlyEnd)
  /// A fault could not be lifted: why. It is tried again.
  case stuck(lease: String, String)
  /// A domain's state, at this time of the host's monotonic clock.
  case domain(name: String, state: DomainSeen.State, what: String, at: Nanoseconds)
  /// Something that the run's log should hold.
  case warning(String)
  /// A line about what a call did, for people.
  case report(String)
  /// The agent does nothing, and ends: why, for people.
  case refused(String)
}

extension RequestLine {
  /// The longest line that an agent or a controller reads, in bytes: a longer one ends the connection.
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

  /// Why a line could not be read, in a few words.
  package static func reason(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context? =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      @unknown default: nil
      }
    guard let context else { return "\(error)" }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return (path.isEmpty ? "" : "\(path): ") + context.debugDescription
  }
}

extension LeaseStanding {
  /// What a run that isn't this lease's is refused with.
  package var stillStands: String { "\(fault) of run \(run) still stands (\(object)): run murphy recover" }
}
