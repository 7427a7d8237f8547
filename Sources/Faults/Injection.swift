import Nftables
import Scenario

/// How a fault is injected, and therefore what ends it if all of Murphy's processes are gone. There is no third case,
/// so a fault that the kernel doesn't revert must state it.
enum Injection<Undo> {
  /// Packets are dropped while elements are in a set. A fault can only name the elements: the contract makes the
  /// table, and adds them with a timeout, so that none can exist without one.
  case expiring(ExpiringRules<Undo>)
  /// An act on something that the kernel keeps unchanged.
  ///
  /// - Parameters:
  ///   - because: why the kernel doesn't end it, as a clause for display.
  ///   - byDaemon: whether a daemon performs it, which may hang and perform it after the requesting process has died.
  ///   - prepare: while the lease is armed, puts in place what has no effect yet; the revert removes it.
  ///   - act: performs it.
  case untilReverted(
    because: String, byDaemon: Bool, prepare: (Undo, Instruments) throws -> Void = { _, _ in },
    act: (Undo, Instruments) throws -> Void)
  /// An act that is over at once, and that nothing can undo: the fault's revert touches nothing.
  case once((Undo, Instruments) throws -> Void)

  var isByDaemon: Bool { if case .untilReverted(_, true, _, _) = self { true } else { false } }

  var kernelRevert: KernelRevert {
    switch self {
    case .expiring: .expires
    case .untilReverted(let reason, _, _, _): .never(because: reason)
    case .once: .nothing
    }
  }

  /// Puts in place what has no effect yet, so that injecting is one short act.
  func prepare(_ undo: Undo, for lease: String, using instruments: Instruments) throws {
    switch self {
    case .expiring(let rules):
      let table = try rules.table(for: lease, rules.chains(undo))
      try instruments.nftables().create(table)
      // A table that can't be read back as it was written could not be distinguished from one that others changed.
      if let difference = try table.id.difference(from: table, using: instruments) {
        throw RulesNotAsMade(difference: difference)
      }
    case .untilReverted(_, _, let prepare, _): try prepare(undo, instruments)
    case .once: break
    }
  }

  /// Binds the act to its undo, with all possible preparations.
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
    case .untilReverted(_, _, _, let act), .once(let act): return { _ in try act(undo, instruments) }
    }
  }
}

/// Rules that drop by a set that is empty until injection.
struct ExpiringRules<Undo> {
  var family: Table.Family
  var set: NftablesName
  var kind: NamedSet.Kind
  var chains: (Undo) throws -> [Chain]
  /// The elements of the set.
  var values: (Undo) throws -> [NamedSet.Value]

  /// The table with an empty set: it matches nothing yet.
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
  /// - Parameter values: what must be in the set.
  fileprivate func difference(
    from made: Table, holding values: [NamedSet.Value] = [], in set: NftablesName? = nil,
    using instruments: Instruments
  ) throws(NftablesError) -> String? {
    let listed: Table
    do throws(NftablesError) {
      guard let table = try instruments.nftables().table(self) else { return "nft table \(self) is gone" }
      listed = table
    } catch {
      // Only content that others wrote can't be read.
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

/// A lease's table that the kernel lists differently right after it was made.
struct RulesNotAsMade: Error, CustomStringConvertible {
  var difference: String
  var description: String {
    "\(difference) right after it was made, so it could not be observed: this nft may be too new for this agent, or "
      + "other software changed the table"
  }
}
