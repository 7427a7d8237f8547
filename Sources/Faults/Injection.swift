import Nftables
import Scenario

/// How a fault is injected, and with that who ends it where all of Murphy is gone: a fault that the kernel won't revert
/// has to say why.
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

  /// Puts in place what does nothing yet, so that to let the fault go is one short act.
  func prepare(_ undo: Undo, for lease: String, using instruments: Instruments) throws {
    switch self {
    case .expiring(let rules):
      let table = try rules.table(for: lease, rules.chains(undo))
      try instruments.nftables().create(table)
      // A table that can't be read back as it was written could never be told from one that others changed.
      if let difference = try table.id.difference(from: table, using: instruments) {
        throw RulesNotAsMade(difference: difference)
      }
    case .untilReverted(_, _, let prepare, _): try prepare(undo, instruments)
    case .once: break
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
        let timeout = Duration.nanoseconds((lifetime + KernelRevert.grace).count)
        try instruments.nftables().add(
          values.map { .init($0, timeout: timeout) }, to: rules.set, of: table)
      }
    case .untilReverted(_, _, _, let act), .once(let act): return { _ in try act(undo, instruments) }
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

  /// Why a lease's table does not drop as it was made to; nil where it does.
  func deviation(of table: Table.ID, _ undo: Undo, using instruments: Instruments) throws -> String? {
    let made = Table(table, sets: [NamedSet(set, of: kind)], chains: try chains(undo))
    return try table.difference(from: made, holding: try values(undo), in: set, using: instruments)
  }
}

extension Table.ID {
  /// In what the kernel's table differs from what was made; nil where it doesn't.
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
      // Only what others wrote into it can't be read.
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

/// A table of a lease that the kernel lists otherwise than it was made, right after it was made.
struct RulesNotAsMade: Error, CustomStringConvertible {
  var difference: String
  var description: String {
    "\(difference) right after it was made, so it could not be observed: this nft may be too new for this agent, or "
      + "other software changed the table"
  }
}
