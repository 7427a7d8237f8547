/// The faults of a build, as values that are sufficient to read, plan and judge scenarios. It doesn't contain the acts.
package struct FaultCatalogue: Sendable {
  /// The faults, in list order.
  package let kinds: [FaultKind]

  package init(_ kinds: [FaultKind]) { self.kinds = kinds }

  /// The descriptions of the faults.
  package var descriptions: [FaultDescription] { kinds.map(\.description) }

  package func kind(named name: String) -> FaultKind? { kinds.first { $0.description.name == name } }

  /// The assignments of a step whose targets are chosen.
  ///
  /// - Parameter host: the chosen host; nil if the step's target is not one host.
  /// - Throws: `StepRefused` if the step is impossible.
  package func assignments(
    for step: Step, on host: Fleet.Host?, in fleet: Fleet
  ) throws(StepRefused) -> [Assignment] {
    guard let kind = kind(named: step.fault) else {
      throw StepRefused(step, "no fault is named '\(step.fault)'", of: "fault")
    }
    return try kind.assign(step, host, fleet)
  }
}

package struct FaultKind: Sendable {
  package var description: FaultDescription
  /// The assignments of a step whose targets are chosen; see `FaultCatalogue.assignments`.
  package var assign:
    @Sendable (_ step: Step, _ host: Fleet.Host?, _ fleet: Fleet) throws(StepRefused) -> [Assignment]
  /// The traits of a specification of this fault.
  package var traits: @Sendable (FaultSpec) throws -> FaultTraits

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
