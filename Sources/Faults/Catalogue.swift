import FoundationEssentials
import Scenario

/// All faults. A new fault is its own file, and a line here.
public enum Catalogue {
  /// The faults, in the order in which they are listed.
  public static let faults: [any Fault.Type] = [
    HostUnplug.self, LinkDrop.self, VMFreeze.self, FirewallLock.self,
  ]

  /// What the faults tell of themselves.
  public static var descriptions: [FaultDescription] { faults.map { $0.description } }

  /// The fault of that name.
  static func fault(named name: String) -> (any Fault.Type)? { faults.first { $0.description.name == name } }

  /// The fault that a step asks of a host.
  ///
  /// - Throws: `StepRefused` where the step can't be met there.
  public static func order(for step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused)
    -> FaultOrder
  {
    guard let fault = fault(named: step.fault) else {
      throw StepRefused(step, "no fault is named '\(step.fault)'")
    }
    return FaultOrder(try fault.init(step, on: host, in: fleet))
  }
}

/// A fault of whatever kind, as it travels to a host and stands on its disk: `{"fault": NAME, "order": {…}}`.
public struct FaultOrder: Codable, Sendable {
  /// The fault.
  public let fault: any Fault

  /// An order of a fault.
  public init(_ fault: any Fault) { self.fault = fault }

  /// The fault's name in the catalogue.
  public var name: String { type(of: fault).name }

  private enum Key: String, CodingKey { case fault, order }

  /// Reads an order; a name that this version's catalogue lacks is an error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let name = try container.decode(String.self, forKey: .fault)
    guard let type = Catalogue.fault(named: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .fault, in: container, debugDescription: "this version knows no fault '\(name)'")
    }
    fault = try type.init(from: container.superDecoder(forKey: .order))
  }

  /// Writes the order.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .fault)
    try fault.encode(to: container.superEncoder(forKey: .order))
  }
}

extension FaultOrder {
  /// `Fault.snapshot`, as the bytes that stand in the lease.
  public func snapshot(for lease: String, using instruments: Instruments) throws -> Data {
    func take(_ fault: some Fault) throws -> Data {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(try fault.snapshot(for: lease, using: instruments))
    }
    return try take(fault)
  }

  /// `Fault.prepare`, with the undo as it stands in the lease.
  public func prepare(_ undo: Data, using instruments: Instruments) throws {
    func act<F: Fault>(_ fault: F) throws {
      try fault.prepare(try JSONDecoder().decode(F.Undo.self, from: undo), using: instruments)
    }
    try act(fault)
  }

  /// The inject and effect of a prepared fault, with its undo already read, so that neither has to be in the time
  /// between the command and the effect.
  public func trigger(_ undo: Data, using instruments: Instruments) throws -> Trigger {
    func bind<F: Fault>(_ fault: F) throws -> Trigger {
      let undo = try JSONDecoder().decode(F.Undo.self, from: undo)
      return Trigger(
        inject: { try fault.inject(undo, lifetime: $0, using: instruments) },
        effect: { try fault.effect(undo, using: instruments) })
    }
    return try bind(fault)
  }

  /// `Fault.revert`, with the undo as it stands in the lease.
  public func revert(_ undo: Data, using instruments: Instruments) throws {
    func act<F: Fault>(_ fault: F) throws {
      try F.revert(try JSONDecoder().decode(F.Undo.self, from: undo), using: instruments)
    }
    try act(fault)
  }

  /// `Fault.residue`, with the undo as it stands in the lease.
  public func residue(_ undo: Data, using instruments: Instruments) throws -> [String] {
    func act<F: Fault>(_ fault: F) throws -> [String] {
      try F.residue(try JSONDecoder().decode(F.Undo.self, from: undo), using: instruments)
    }
    return try act(fault)
  }

  /// A prepared fault, ready to be let go.
  public struct Trigger {
    /// Does it, for at most this long.
    public var inject: (Nanoseconds) throws -> Void
    /// What is seen of it.
    public var effect: () throws -> String?
  }
}
