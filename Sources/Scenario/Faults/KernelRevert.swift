/// What happens to a fault if agent, watchdog and controller all end.
package enum KernelRevert: Hashable, Sendable, CustomStringConvertible {
  /// The kernel reverts it, `grace` after the lease's deadline. A live agent reverts it earlier, and reports it.
  case expires
  /// It stays active until a process or an administrator reverts it, for this reason.
  case never(because: String)

  /// As `never`, and a boot of the host doesn't end it either.
  case survivesBoot(because: String)

  /// There is nothing to revert, because it happens at once.
  case nothing

  /// How long after the deadline the kernel acts.
  package static let grace = Nanoseconds.seconds(1)

  /// A clause for the plan.
  package var description: String {
    switch self {
    case .expires: "the kernel reverts it \(Self.grace) after the deadline, as its set elements expire"
    case .nothing: "nothing is left to revert once it has happened"
    case .never(let reason): "\(reason): murphy recover reverts it, or the host's next boot"
    case .survivesBoot(let reason): "\(reason), also over a boot: murphy recover reverts it"
    }
  }
}
