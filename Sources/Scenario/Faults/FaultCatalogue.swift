/// The faults that a build has, as values: enough to read, plan and judge scenarios. The acts are not here.
package struct FaultCatalogue: Sendable {
  /// The faults, in the order in which they are listed.
  package let kinds: [FaultKind]

  /// A catalogue of these faults.
  package init(_ kinds: [FaultKind]) { self.kinds = kinds }

  /// What the faults say of themselves.
  package var descriptions: [FaultDescription] { kinds.map(\.description) }

  /// The fault of that name.
  package func kind(named name: String) -> FaultKind? { kinds.first { $0.description.name == name } }

  /// What a step asks for, with its targets chosen.
  ///
  /// - Parameter host: the host that was chosen; nil where the step's target is not one host.
  /// - Throws: `StepRefused` where the step can't be met.
  package func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let kind = kind(named: step.fault) else {
      throw StepRefused(step, "no fault is named '\(step.fault)'")
    }
    return try kind.assign(step, host, fleet)
  }
}

/// One fault of a catalogue.
package struct FaultKind: Sendable {
  /// What the fault says of itself.
  package var description: FaultDescription
  /// What a step asks for, with its targets chosen; see `FaultCatalogue.assignments`.
  package var assign:
    @Sendable (_ step: Step, _ host: Fleet.Host?, _ fleet: Fleet) throws(StepRefused) -> [Assignment]
  /// What is known of a specification of this fault.
  package var traits: @Sendable (FaultSpec) throws -> FaultTraits

  /// A fault of these parts.
  package init(
    _ description: FaultDescription,
    assign: @escaping @Sendable (Step, Fleet.Host?, Fleet) throws(StepRefused) -> [Assignment],
    traits: @escaping @Sendable (FaultSpec) throws -> FaultTraits
  ) {
    self.description = description
    self.assign = assign
    self.traits = traits
  }
}
