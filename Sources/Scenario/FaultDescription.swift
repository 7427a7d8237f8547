/// What a fault tells of itself to those who read and write scenarios: the parser, the schema, `murphy faults`.
public struct FaultDescription: Equatable, Sendable {
  /// Its name, as `host.unplug`.
  public var name: String
  /// One sentence: what happens.
  public var summary: String
  /// The kinds of target that it accepts.
  public var targets: [Target.Kind]
  /// Its own parameters.
  public var parameters: [Parameter]
  /// Whether a host that it hits counts as lost to the platform: quorum speaks of those.
  public var takesHost: Bool

  /// A description of these parts.
  public init(
    name: String, summary: String, targets: [Target.Kind], parameters: [Parameter] = [],
    takesHost: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.targets = targets
    self.parameters = parameters
    self.takesHost = takesHost
  }

  /// One parameter.
  public struct Parameter: Equatable, Sendable {
    /// Its key in a step.
    public var name: String
    /// One sentence: what it changes.
    public var summary: String
    /// What it accepts.
    public var form: Form
    /// What it is where a step doesn't give it.
    public var standard: ParameterValue

    /// A parameter of these parts.
    public init(name: String, summary: String, form: Form, standard: ParameterValue) {
      self.name = name
      self.summary = summary
      self.form = form
      self.standard = standard
    }
  }

  /// What a parameter accepts.
  public enum Form: Equatable, Sendable {
    /// One of these words.
    case word([String])
    /// A list of port numbers.
    case ports
    /// A truth value.
    case flag
  }
}
