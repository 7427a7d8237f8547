/// One fault of a timeline: its name, target, trigger and duration.
package struct Step: Codable, Equatable, Sendable {
  /// Its name as written, or `step-1` by its place in the timeline.
  package var name: String
  /// What starts it.
  package var trigger: Trigger
  /// The fault's name in the catalogue, such as `host.unplug`.
  package var fault: String
  /// Its target.
  package var target: Target
  /// How long it is active: the length of its lease.
  package var duration: Nanoseconds
  /// Whether it happens at once and is never active. `duration` is then only the length of its lease.
  package var isInstant: Bool {
    get { instant ?? false }
    set { instant = newValue ? true : nil }
  }
  /// Absent from journals of versions without instant faults.
  private var instant: Bool?
  /// The fault's own parameters, including defaults.
  package var parameters: [String: ParameterValue]

  package init(
    name: String, trigger: Trigger, fault: String, target: Target, duration: Nanoseconds,
    isInstant: Bool = false, parameters: [String: ParameterValue] = [:]
  ) {
    self.name = name
    self.trigger = trigger
    self.fault = fault
    self.target = target
    self.duration = duration
    instant = isInstant ? true : nil
    self.parameters = parameters
  }

  /// What starts a step.
  package enum Trigger: Codable, Equatable, Sendable {
    /// A time after the faults phase began.
    case at(Nanoseconds)
    /// A time after the revert of another step.
    case after(step: String, delay: Nanoseconds)
    /// The first moment at which a condition holds, in the faults phase.
    case when(Condition)
  }
}

/// The target of a step, as written; a plan chooses from it.
package enum Target: Codable, Equatable, Sendable {
  /// A host.
  case host(HostSelector)
  /// A virtual machine, by its name in the fleet.
  case vm(String)
  /// One host's link on a network.
  case link(HostSelector, network: String)
  /// Groups of hosts cut from each other on a network; nil means all networks.
  case sides([[String]], network: String?)

  /// The kind, which a fault must accept.
  package var kind: Kind {
    switch self {
    case .host: .host
    case .vm: .vm
    case .link: .link
    case .sides: .sides
    }
  }

  /// The kinds of target.
  package enum Kind: String, Codable, CaseIterable, Sendable {
    /// A whole host.
    case host
    /// A virtual machine.
    case vm
    /// One link of a host.
    case link
    /// A partition.
    case sides
  }
}

/// How a host is chosen.
package enum HostSelector: Codable, Equatable, Sendable {
  /// By its name in the fleet.
  case named(String)
  /// The host that runs a virtual machine when the step starts.
  case hostOf(String)
  /// Any host, chosen by the run's seed.
  case any
}

extension Step.Trigger: CustomStringConvertible {
  /// For display in a plan: `at 0s`, `5s after cut`, `when manager sees host down`.
  package var description: String {
    switch self {
    case .at(let time): "at \(time)"
    case .after(let step, let delay): delay == .zero ? "after \(step)" : "\(delay) after \(step)"
    case .when(let condition): "when \(condition)"
    }
  }
}
