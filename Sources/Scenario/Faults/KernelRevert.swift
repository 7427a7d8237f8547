/// What happens to a fault if agent, watchdog and controller all end.
package enum KernelRevert: Hashable, Sendable, CustomStringConvertible {
  /// The kernel reverts it, `grace` after the lease's deadline: a live agent reverts it before that, and reports it.
  case expires
  /// It stays active until a process or an administrator reverts it, and why.
  case never(because: String)

  /// There is nothing to revert: it happens at once.
  case nothing

  /// How long after the deadline the kernel acts.
  package static let grace = Nanoseconds.seconds(1)

  /// A sentence for the plan.
  package var description: String {
    switch self {
    case .expires: "the kernel reverts it \(Self.grace) after the deadline, as its set elements expire"
    case .nothing: "nothing is left to revert once it has happened"
    case .never(let reason): "\(reason): murphy recover reverts it, or the host's next boot"
    }
  }
}
