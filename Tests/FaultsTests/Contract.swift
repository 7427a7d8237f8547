import FoundationEssentials
import Scenario
import Testing

@testable import Faults
@testable import Nftables

/// A fault whose acts a test calls one by one, with its undo as bytes. `FaultOrder.arm` and `ArmedFault` hide these
/// acts.
final class Contract {
  let order: FaultOrder
  let undo: Data
  let instruments: Instruments
  private let make: () -> Instruments
  private let lease: String
  private let trigger: FaultOrder.Trigger
  private(set) var isInEffect = false

  /// The fault, as another lease finds it.
  var active: ActiveFault { ActiveFault(order: order, undo: undo) }

  /// Checks the requirements on the host, and takes the snapshot.
  ///
  /// - Parameter make: opens the host's handles, which a test may replace.
  init(
    _ order: FaultOrder, named lease: String = "a1",
    using make: @escaping () -> Instruments = { Instruments() },
    beside others: @escaping () -> [ActiveFault] = { [] }
  ) throws {
    self.order = order
    self.make = make
    instruments = make()
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

  /// The evidence that the fault is active.
  func effect() throws -> String? { try trigger.effect().evidence }

  /// The first evidence that it takes effect.
  func onset() throws -> String? { try trigger.onset() }

  /// Why the fault is not active; nil if it is.
  func end() throws -> String? {
    if case .inactive(let reason) = try trigger.effect() { reason } else { nil }
  }

  /// Reverts twice with new handles and a decoded assignment, as a later process would do it.
  func revert() throws {
    let order = try JSONDecoder().decode(FaultOrder.self, from: JSONEncoder().encode(order))
    let another = make()
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

  /// All nft tables of the namespace.
  func ruleset() throws -> [String] { try instruments.nftables().ruleset() }
}
