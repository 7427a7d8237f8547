internal import CLibvirt

/// A domain's state and its reason (`virDomainState` and the reasons of each state).
///
/// Reasons are open: an unknown one of a newer libvirt is kept by its number.
package enum DomainState: Hashable, Sendable {
  /// libvirt reports that the state is unknown.
  case noState
  /// The guest runs.
  case running(RunningReason)
  /// The guest runs, and waits for a resource. QEMU never reports this.
  case blocked
  /// The guest's CPUs are stopped.
  case paused(PausedReason)
  /// The guest is shutting down, to ``shutOff(_:)``.
  case shuttingDown(ShuttingDownReason)
  /// There is no guest, only the domain's definition.
  case shutOff(ShutOffReason)
  /// The guest crashed, and its process is kept for inspection.
  case crashed(CrashedReason)
  /// The guest suspended itself by its power management (S3).
  case pmSuspended
  /// A state that this binding doesn't have, with libvirt's numbers.
  case other(state: Int32, reason: Int32)

  init(state: Int32, reason: Int32) {
    switch UInt32(bitPattern: state) {
    case VIR_DOMAIN_NOSTATE.rawValue: self = .noState
    case VIR_DOMAIN_RUNNING.rawValue: self = .running(RunningReason(rawValue: reason))
    case VIR_DOMAIN_BLOCKED.rawValue: self = .blocked
    case VIR_DOMAIN_PAUSED.rawValue: self = .paused(PausedReason(rawValue: reason))
    case VIR_DOMAIN_SHUTDOWN.rawValue: self = .shuttingDown(ShuttingDownReason(rawValue: reason))
    case VIR_DOMAIN_SHUTOFF.rawValue: self = .shutOff(ShutOffReason(rawValue: reason))
    case VIR_DOMAIN_CRASHED.rawValue: self = .crashed(CrashedReason(rawValue: reason))
    case VIR_DOMAIN_PMSUSPENDED.rawValue: self = .pmSuspended
    default: self = .other(state: state, reason: reason)
    }
  }
}

extension DomainState: CustomStringConvertible {
  /// The state with its reason, as virsh prints it: `paused (user)`.
  package var description: String {
    switch self {
    case .noState: "no state"
    case .running(let reason): "running (\(reason))"
    case .blocked: "blocked"
    case .paused(let reason): "paused (\(reason))"
    case .shuttingDown(let reason): "in shutdown (\(reason))"
    case .shutOff(let reason): "shut off (\(reason))"
    case .crashed(let reason): "crashed (\(reason))"
    case .pmSuspended: "pmsuspended"
    case .other(let state, let reason): "state \(state) (reason \(reason))"
    }
  }
}
