import Scenario

/// A reason to refuse, abort or void a run that the conductor itself finds. Its description is the text in the journal;
/// further reasons are texts of hosts, views and probes.
package enum RunReason: Equatable, Sendable, CustomStringConvertible {
  /// The scenario takes too many hosts for quorum, even if all others are up.
  case tooManyHosts(taken: Int, of: Int, left: Int, quorum: Int)
  /// The same, because of what is down before the first fault.
  case tooManyHostsBeside(broken: String, taken: Int, of: Int, left: Int, quorum: Int)
  /// The same, at the injection of a step.
  case quorumAtInjection(step: String, left: Int, of: Int, quorum: Int, broken: String)
  /// The platform isn't healthy before the first fault.
  case baseline(String)
  /// Another step has cut the path to a host by the time at which a lease there is due. `cut` is this host, or one
  /// through which it is reached.
  case cutOff(
    step: String, host: String, due: Nanoseconds, by: String, cut: String, during: Range<Nanoseconds>)
  /// A host refused a lease or an injection.
  case notDone(step: String, host: String, message: String)
  /// A lease of a step ended before its injection.
  case leaseEnded(step: String, host: String)
  /// A host has not answered the request of a lease by the time of its injection.
  case leaseLate(step: String, host: String)
  /// A host has not reported a revert.
  case revertMissing(step: String, host: String)
  case guardTripped(Condition)
  case interrupted(signal: String)

  package var description: String {
    switch self {
    case .tooManyHosts(let taken, let all, let left, let quorum):
      "the scenario takes \(taken) of \(all) hosts at once and leaves \(left); quorum is \(quorum): "
        + "write beyond-quorum: true to rehearse this"
    case .tooManyHostsBeside(let broken, let taken, let all, let left, let quorum):
      "the scenario takes \(taken) of \(all) hosts at once, and down already: \(broken); that leaves \(left); "
        + "quorum is \(quorum): write beyond-quorum: true to rehearse this"
    case .quorumAtInjection(let step, let left, let all, let quorum, let broken):
      "\(step) would leave \(left) of \(all) hosts, quorum is \(quorum); already down: \(broken)"
    case .baseline(let reason): "the baseline isn't healthy: \(reason)"
    case .cutOff(let step, let host, let due, let other, let cut, let period):
      "\(step) on \(host): its lease can't be armed at \(due), since \(other) cuts off \(cut)"
        + (cut == host ? "" : ", through which \(host) is reached")
        + " from \(period.lowerBound) to \(period.upperBound)"
    case .notDone(let step, let host, let message): "\(step) on \(host) could not be done: \(message)"
    case .leaseEnded(let step, let host): "\(step): the lease on \(host) ended before its fault"
    case .leaseLate(let step, let host): "\(step): \(host) did not confirm its lease in time"
    case .revertMissing(let step, let host): "\(step): \(host) has not reported the revert of its fault"
    case .guardTripped(let condition): "guard: \(condition)"
    case .interrupted(let signal): "interrupted by \(signal)"
    }
  }
}
