import FoundationEssentials
import Scenario

/// A fault of any kind, in the form that is sent to a host and written to its disk: `{"fault": NAME, "order": {…}}`.
package struct FaultOrder: Codable, Sendable {
  let leased: any LeasedFault

  package var fault: any Fault { leased }

  init(_ fault: any LeasedFault) { leased = fault }

  /// The fault's name in the catalogue.
  package var name: String { type(of: leased).name }
  /// The fault of a specification.
  ///
  /// - Throws: `DecodingError` if this version's catalogue doesn't have the fault, or the fault can't decode its data.
  package init(_ spec: FaultSpec) throws {
    self = try JSONDecoder().decode(FaultOrder.self, from: try JSONEncoder().encode(spec))
  }

  /// The fault as data.
  package var spec: FaultSpec {
    get throws { try JSONDecoder().decode(FaultSpec.self, from: try JSONEncoder().encode(self)) }
  }

  private enum Key: String, CodingKey { case fault, order }

  /// Decodes an assignment. A name that isn't in this version's catalogue is an error.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let name = try container.decode(String.self, forKey: .fault)
    guard let type = Catalogue.fault(named: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .fault, in: container, debugDescription: "this version has no fault '\(name)'")
    }
    leased = try type.init(from: container.superDecoder(forKey: .order))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .fault)
    try leased.encode(to: container.superEncoder(forKey: .order))
  }
}

extension FaultOrder {
  /// `LeasedFault.snapshot`, as the bytes in the lease.
  func snapshot(for lease: String, using instruments: Instruments) throws -> Data {
    func take(_ fault: some LeasedFault) throws -> Data {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(try fault.snapshot(for: lease, using: instruments))
    }
    return try take(leased)
  }

  /// `Injection.prepare`, with the undo from the lease.
  func prepare(_ undo: Data, for lease: String, using instruments: Instruments) throws {
    func act<F: LeasedFault>(_ fault: F) throws {
      try fault.injection.prepare(
        try JSONDecoder().decode(F.Undo.self, from: undo), for: lease, using: instruments)
    }
    try act(leased)
  }

  /// The acts of a prepared fault. The undo is decoded here, so that this time is not part of the time to effect.
  func trigger(_ undo: Data, for lease: String, using instruments: Instruments) throws -> Trigger {
    func bind<F: LeasedFault>(_ fault: F) throws -> Trigger {
      let undo = try JSONDecoder().decode(F.Undo.self, from: undo)
      return Trigger(
        inject: try fault.injection.act(undo, for: lease, using: instruments),
        onset: { try fault.onset(undo, using: instruments) },
        effect: { try fault.effect(undo, using: instruments) }, patience: fault.effectPatience)
    }
    return try bind(leased)
  }

  /// `LeasedFault.effect`, with the undo from the lease, decoded once for many observations.
  package func judge(_ undo: Data) throws -> @Sendable (Instruments) throws -> EffectState {
    func bind<F: LeasedFault>(_ fault: F) throws -> @Sendable (Instruments) throws -> EffectState {
      let undo = try JSONDecoder().decode(F.Undo.self, from: undo)
      return { try fault.effect(undo, using: $0) }
    }
    return try bind(leased)
  }

  /// `LeasedFault.revert`, with the undo from the lease.
  package func revert(_ undo: Data, using instruments: Instruments) throws {
    func act<F: LeasedFault>(_ fault: F) throws {
      try F.revert(try JSONDecoder().decode(F.Undo.self, from: undo), using: instruments)
    }
    try act(leased)
  }

  /// `LeasedFault.residue`, with the undo from the lease.
  package func residue(_ undo: Data, using instruments: Instruments) throws -> [String] {
    func act<F: LeasedFault>(_ fault: F) throws -> [String] {
      try F.residue(try JSONDecoder().decode(F.Undo.self, from: undo), using: instruments)
    }
    return try act(leased)
  }

  /// The undo as a type that some faults have; nil for faults with another type.
  func undo<Undo: Decodable>(_ undo: Data, as _: Undo.Type) throws -> Undo? {
    func read<F: LeasedFault>(_: F) throws -> Undo? {
      F.Undo.self == Undo.self ? try JSONDecoder().decode(Undo.self, from: undo) : nil
    }
    return try read(leased)
  }

  /// A prepared fault's acts.
  struct Trigger {
    /// Injects it, for at most this time.
    var inject: (_ lifetime: Nanoseconds) throws -> Void
    /// The first evidence that it takes effect.
    var onset: () throws -> String?
    /// Whether it is active.
    var effect: () throws -> EffectState
    /// The maximum time from the injection to the effect.
    var patience: Nanoseconds
  }
}
