import Nftables
import Scenario

/// How a fault is done, and with that who ends it where all of Murphy is gone: there is no third way, so a fault that
/// the kernel won't lift has to say so.
enum Injection<Undo> {
  /// Packets are dropped while elements are in a set. A fault can only name them: the contract makes the table, and puts
  /// them in with a timeout, so that none can be there without.
  case expiring(ExpiringRules<Undo>)
  /// An act on something that the kernel keeps as it is.
  ///
  /// - Parameters:
  ///   - because: why the kernel doesn't end it, as a clause for people.
  ///   - byDaemon: whether a daemon does it, which may hang and do it after whoever asked has died.
  ///   - prepare: puts in place, while the lease is armed, what does nothing yet; the revert takes it away.
  ///   - act: does it.
  case untilReverted(
    because: String, byDaemon: Bool, prepare: (Undo, Instruments) throws -> Void = { _, _ in },
    act: (Undo, Instruments) throws -> Void)

  var isByDaemon: Bool { if case .untilReverted(_, true, _, _) = self { true } else { false } }

  var kernelLift: KernelLift {
    switch self {
    case .expiring: .expires
    case .untilReverted(let reason, _, _, _): .never(because: reason)
    }
  }

  /// Puts in place what does nothing yet, so that to let the fault go is one short act.
  func prepare(_ undo: Undo, for lease: String, using instruments: Instruments) throws {
    switch self {
    case .expiring(let rules):
      try instruments.nftables().create(try rules.table(for: lease, rules.chains(undo)))
    case .untilReverted(_, _, let prepare, _): try prepare(undo, instruments)
    }
  }

  /// Binds the act to its undo, with all that can be made ready before.
  func act(
    _ undo: Undo, for lease: String, using instruments: Instruments
  ) throws -> (_ lifetime: Nanoseconds) throws -> Void {
    switch self {
    case .expiring(let rules):
      let table = try LeaseTableName.of(lease, rules.family)
      let values = try rules.values(undo)
      return { lifetime in
        let timeout = Duration.nanoseconds((lifetime + KernelLift.grace).count)
        try instruments.nftables().add(
          values.map { .init($0, timeout: timeout) }, to: rules.set, of: table)
      }
    case .untilReverted(_, _, _, let act): return { _ in try act(undo, instruments) }
    }
  }
}

/// Rules that drop by a set that is empty until the fault is let go.
struct ExpiringRules<Undo> {
  /// Of which packets.
  var family: Table.Family
  /// The set's name.
  var set: NftablesName
  /// What the set holds.
  var kind: NamedSet.Kind
  /// The rules.
  var chains: (Undo) throws -> [Chain]
  /// What is put into the set.
  var values: (Undo) throws -> [NamedSet.Value]

  /// The table, with an empty set: it matches nothing yet.
  func table(for lease: String, _ chains: [Chain]) throws -> Table {
    Table(try LeaseTableName.of(lease, family), sets: [NamedSet(set, of: kind)], chains: chains)
  }
}

/// What becomes of a fault where agent, watchdog and controller are all gone.
public enum KernelLift: Equatable, Sendable, CustomStringConvertible {
  /// The kernel lifts it by itself, this long after the lease's deadline: so that where the agent lives, the agent does,
  /// and says so.
  case expires
  /// It holds until somebody lifts it; why.
  case never(because: String)

  /// How long after the deadline the kernel acts.
  public static let grace = Nanoseconds.seconds(1)

  /// A sentence for the plan.
  public var description: String {
    switch self {
    case .expires: "the kernel lets its set elements expire \(Self.grace) after the deadline"
    case .never(let reason): "\(reason): murphy recover lifts it, or the host's next boot"
    }
  }
}
