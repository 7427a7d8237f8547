import Nftables
import Scenario

/// How a fault is injected, and therefore what ends it if no process of Murphy is left. There is no other case, so a
/// fault that the kernel doesn't revert must state the reason.
enum Injection<Undo> {
  /// Packets are dropped while elements are in a set. A fault can only name the elements. The contract makes the table
  /// and adds the elements with a timeout, so that no element exists without a timeout.
  case expiring(ExpiringRules<Undo>)
  /// An act on an object whose state the kernel keeps.
  ///
  /// - Parameters:
  ///   - because: why the kernel doesn't end it, as a clause for display.
  ///   - byDaemon: whether a daemon performs it. A daemon may hang, and perform it after the requesting process has
  ///     died.
  ///   - prepare: makes preparations that have no effect yet, while the lease is armed. The revert removes them.
  ///   - act: performs it.
  case untilReverted(
    because: String, byDaemon: Bool, prepare: (Undo, Instruments) throws -> Void = { _, _ in },
    act: (Undo, Instruments) throws -> Void)
  /// A process of the lease performs it for as long as it runs; see `LeaseProcess`.
  ///
  /// - Parameters:
  ///   - because: what stays if that process is killed or stopped, as a clause for display.
  ///   - prepare: starts it, while the lease is armed.
  ///   - act: lets it begin.
  case byProcess(
    because: String, prepare: (Undo, Instruments) throws -> Void,
    act: (Undo, _ lifetime: Nanoseconds, Instruments) throws -> Void)
  /// An act that is complete at once and can't be undone. The revert of the fault changes nothing.
  case once((Undo, Instruments) throws -> Void)

  var isByDaemon: Bool { if case .untilReverted(_, true, _, _) = self { true } else { false } }

  var kernelRevert: KernelRevert {
    switch self {
    case .expiring: .expires
    case .untilReverted(let reason, _, _, _), .byProcess(let reason, _, _): .never(because: reason)
    case .once: .nothing
    }
  }

  /// Makes the preparations that have no effect yet, so that the injection is one short act.
  func prepare(_ undo: Undo, for lease: String, using instruments: Instruments) throws {
    switch self {
    case .expiring(let rules):
      let table = try rules.table(for: lease, rules.chains(undo))
      try instruments.nftables().create(table)
      // If a table can't be read as it was written, it can't be distinguished from one that another program changed.
      if let difference = try table.id.difference(from: table, using: instruments) {
        throw RulesNotAsMade(difference: difference)
      }
    case .untilReverted(_, _, let prepare, _), .byProcess(_, let prepare, _): try prepare(undo, instruments)
    case .once: break
    }
  }

  /// Combines the act with its undo, after all possible preparations.
  func act(
    _ undo: Undo, for lease: String, using instruments: Instruments
  ) throws -> (_ lifetime: Nanoseconds) throws -> Void {
    switch self {
    case .expiring(let rules):
      let table = try LeaseTableName.of(lease, rules.family)
      let values = try rules.values(undo)
      return { lifetime in
        let timeout = Duration.nanoseconds((lifetime + KernelRevert.grace).count)
        try instruments.nftables().add(
          values.map { .init($0, timeout: timeout) }, to: rules.set, of: table)
      }
    case .byProcess(_, _, let act): return { lifetime in try act(undo, lifetime, instruments) }
    case .untilReverted(_, _, _, let act), .once(let act): return { _ in try act(undo, instruments) }
    }
  }
}

/// Rules that drop packets by a set, which is empty until the injection.
struct ExpiringRules<Undo> {
  var family: Table.Family
  var set: NftablesName
  var kind: NamedSet.Kind
  var chains: (Undo) throws -> [Chain]
  /// The elements of the set.
  var values: (Undo) throws -> [NamedSet.Value]

  /// The table with an empty set, which matches no packet yet.
  func table(for lease: String, _ chains: [Chain]) throws -> Table {
    Table(try LeaseTableName.of(lease, family), sets: [NamedSet(set, of: kind)], chains: chains)
  }

  /// Why a lease's table doesn't drop as intended; nil if it does.
  func deviation(of table: Table.ID, _ undo: Undo, using instruments: Instruments) throws -> String? {
    let made = Table(table, sets: [NamedSet(set, of: kind)], chains: try chains(undo))
    return try table.difference(from: made, holding: try values(undo), in: set, using: instruments)
  }
}

extension Table.ID {
  /// The difference between the kernel's table and the original; nil if there is none.
  ///
  /// - Parameter values: the required elements of the set.
  fileprivate func difference(
    from made: Table, holding values: [NamedSet.Value] = [], in set: NftablesName? = nil,
    using instruments: Instruments
  ) throws(NftablesError) -> String? {
    let listed: Table
    do throws(NftablesError) {
      guard let table = try instruments.nftables().table(self) else { return "nft table \(self) is gone" }
      listed = table
    } catch {
      // Only content of another program can't be read.
      if case .unreadable(_, let reason) = error { return "nft table \(self) was changed: \(reason)" }
      throw error
    }
    if listed.hasFlags { return "nft table \(self) is dormant" }
    for chain in made.definition.chains where !listed.definition.chains.contains(chain) {
      let isThere = listed.chains.contains { $0.name == chain.name }
      return "nft table \(self): chain \(chain.name) \(isThere ? "was changed" : "is gone")"
    }
    let missing = Set(values).subtracting(listed.sets.first { $0.name == set }?.elements.map(\.value) ?? [])
    return missing.isEmpty
      ? nil
      : "nft table \(self): the set that drops lacks \(missing.map(\.description).sorted().joined(separator: ", "))"
  }
}

/// The kernel lists a lease's table differently right after it was made.
struct RulesNotAsMade: Error, CustomStringConvertible {
  var difference: String
  var description: String {
    "\(difference) right after it was made, so it could not be observed: this nft may be too new for this agent, or "
      + "other software changed the table"
  }
}
