import FoundationEssentials
import Scenario
import Testing

@testable import Faults
@testable import Nftables

/// A fault on its way through the contract act by act, with its undo as bytes: what `FaultOrder.arm` and `ArmedFault`
/// hide, and a test needs to act between any two.
final class Contract {
  let order: FaultOrder
  let undo: Data
  let instruments = Instruments()
  private let lease: String
  private let trigger: FaultOrder.Trigger
  private(set) var isInEffect = false

  /// The fault as another lease sees it.
  var active: ActiveFault { ActiveFault(order: order, undo: undo) }

  /// Sees that the host has what the fault needs, and takes the snapshot.
  init(
    _ order: FaultOrder, named lease: String = "a1", beside others: @escaping () -> [ActiveFault] = { [] }
  ) throws {
    self.order = order
    self.lease = lease
    instruments.otherFaults = others
    #expect(order.fault.missing(using: instruments) == [])
    undo = try order.snapshot(for: lease, using: instruments)
    trigger = try order.trigger(undo, for: lease, using: instruments)
    try expectNoResidue()
  }

  func prepare() throws {
    try order.prepare(undo, for: lease, using: instruments)
    #expect(try effect() == nil)
    #expect(try onset() == nil)
  }

  func inject(_ lifetime: Nanoseconds = .seconds(600)) throws {
    try trigger.inject(lifetime)
    isInEffect = true
  }

  /// What shows that it is active.
  func effect() throws -> String? { try trigger.effect().evidence }

  /// What shows first that it takes effect.
  func onset() throws -> String? { try trigger.onset() }

  /// Why it is not active; nil while it is.
  func end() throws -> String? {
    if case .inactive(let reason) = try trigger.effect() { reason } else { nil }
  }

  /// Twice, with handles of its own and the order read back: as another process of a later time does it.
  func revert() throws {
    let order = try JSONDecoder().decode(FaultOrder.self, from: JSONEncoder().encode(order))
    let another = Instruments()
    another.otherFaults = instruments.otherFaults
    for _ in 0..<2 { try order.revert(undo, using: another) }
    isInEffect = false
    let ofAnother = try order.residue(undo, using: another)
    #expect(ofAnother == [])
    try expectNoResidue()
  }

  private func expectNoResidue() throws {
    let residue = try residue()
    #expect(residue == [])
  }

  func residue() throws -> [String] { try order.residue(undo, using: instruments) }

  /// All nft tables there are.
  func ruleset() throws -> [String] { try instruments.nftables().ruleset() }
}
