/// Why an agent refuses a request. Programs compare the case; `description` has the words for display.
package enum Refusal: Error, Codable, Equatable, Sendable {
  // The session.

  /// The controller has another protocol; nil for one before 0.2.0, which doesn't send its version.
  case protocolMismatch(controller: Greeting?, agent: Greeting)
  /// The request can't be decoded.
  case unreadable(agent: Greeting, reason: String)
  /// The request needs a run, and there was no hello.
  case noRun
  /// Another run said hello in this session.
  case sessionInUse(run: String)
  /// Another run has the host; nil if its name is not known.
  case hostInUse(run: String?)
  /// The maximum number of requests is being answered.
  case tooManyRequests(limit: Int)

  // The host's operators.

  /// An operator holds the host; `reason` is empty if none was given.
  case held(by: String, since: String, reason: String)
  /// There is a hold that can't be read.
  case holdUnreadable(path: String, reason: String)
  /// The host has no policy that can be read.
  case noPolicy(reason: String)
  /// The policy doesn't allow the fault.
  case notAllowed(reason: String)
  /// A view's command is not in the policy, or the view has none for a host.
  case viewNotAllowed(reason: String)
  /// The policy doesn't allow reading the file.
  case fileNotAllowed(reason: String)

  // Leases.

  /// Another run's fault may be active here.
  case foreignLease(run: String, fault: String, object: String)
  /// A record on the disk can't be read, so it may be an active fault.
  case leaseUnreadable(reason: String)
  case invalidLeaseName(String)
  /// `begins` or `duration` is out of range.
  case invalidTerms
  case leaseExists(lease: String)
  /// The session has the maximum number of leases.
  case tooManyLeases(limit: Int)
  case notArmed(lease: String)
  /// The deadline passed before the act.
  case deadlinePassed(lease: String)
  /// The controller's connection has ended, or a newer session has replaced this one.
  case controllerGone(lease: String)
  /// Injection was requested before.
  case injectionRepeated(lease: String)
  case noSuchLease(lease: String)
  /// Its record stays, because it is not known to be reverted.
  case notReverted(lease: String)
  /// Its record stays, because an earlier session of the run may have the lease.
  case otherSession(lease: String)
  /// The lease ended before its fault was injected; the fault was undone.
  case leaseOver(lease: String)
  /// The injection failed and its undo failed: the fault may be active.
  case inDoubt(lease: String, reason: String)
  /// An act on the lease failed.
  case leaseFailed(lease: String, reason: String)

  /// Any other failure, with the text of its error.
  case failed(reason: String)
  /// Several reasons at once.
  case several([Refusal])

  /// One refusal for several reasons.
  package init(_ refusals: [Refusal]) {
    self = refusals.count == 1 ? refusals[0] : .several(refusals)
  }

  /// The refusal for an error.
  package init(_ error: any Error) { self = error as? Refusal ?? .failed(reason: "\(error)") }
}

extension Refusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .protocolMismatch(let controller, let agent):
      "the controller is \(controller?.description ?? "older than 0.2.0 (protocol 1)"); the agent here is "
        + "\(agent.version) and needs protocol \(agent.protocol): install the same version on both"
    case .unreadable(let agent, let reason): "the agent here, \(agent), can't read this request: \(reason)"
    case .noRun: "no run has this host in this session: send hello first"
    case .sessionInUse(let run): "this session belongs to run \(run)"
    case .hostInUse(let run):
      "\(run.map { "run \($0)" } ?? "a run of another controller") has this host; wait for it, or end it on its "
        + "controller, then try again"
    case .tooManyRequests(let limit):
      "\(limit) requests are being answered: repeat this one after their replies"
    case .held(let by, let since, let reason):
      "held since \(since) by \(by)\(reason.isEmpty ? "" : ": \(reason)"); when runs may continue, run murphy release"
    case .holdUnreadable(let path, let reason):
      "held, and who holds it can't be read (\(path): \(reason)); when runs may continue, run murphy release"
    case .noPolicy(let reason), .notAllowed(let reason), .viewNotAllowed(let reason),
      .fileNotAllowed(let reason),
      .leaseUnreadable(let reason),
      .failed(let reason):
      reason
    case .foreignLease(let run, let fault, let object):
      "\(fault) of run \(run) may still be active (\(object)): run murphy recover"
    case .invalidLeaseName(let name): "'\(name)' can't be a lease's name: 1 to 32 of a-z, 0-9 and _"
    case .invalidTerms: "`begins` must be at most 1 h and `duration` must be positive"
    case .leaseExists(let lease): "lease \(lease): a lease with this name already exists"
    case .tooManyLeases(let limit): "this session has \(limit) leases, which is the maximum of a host"
    case .notArmed(let lease): "lease \(lease): it isn't armed"
    case .deadlinePassed(let lease): "lease \(lease): its deadline has passed"
    case .controllerGone(let lease):
      "lease \(lease): its controller's connection has ended, or a newer session serves the run"
    case .injectionRepeated(let lease): "lease \(lease): its injection was requested before"
    case .noSuchLease(let lease): "lease \(lease): no such lease exists"
    case .notReverted(let lease): "lease \(lease) is not known to be reverted: its record stays"
    case .otherSession(let lease): "lease \(lease) may belong to another session: its record stays"
    case .leaseOver(let lease):
      "lease \(lease): it was over before its fault was injected; the fault was undone"
    case .inDoubt(let lease, let reason), .leaseFailed(let lease, let reason): "lease \(lease): \(reason)"
    case .several(let refusals): refusals.map(\.description).joined(separator: "; ")
    }
  }
}

extension LeaseStatus {
  /// The refusal of a run because of this lease of another run.
  package var refusal: Refusal { .foreignLease(run: run, fault: fault, object: object) }
}
