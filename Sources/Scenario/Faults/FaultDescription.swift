/// The declaration of a fault. The parser, the schema, `murphy faults`, and tests of faults use it.
package struct FaultDescription: Hashable, Sendable {
  /// For example `host.unplug`.
  package var name: String
  /// One sentence about the effect.
  package var summary: String
  /// The kinds of target that it accepts.
  package var targets: [Target.Kind]
  /// Its own parameters.
  package var parameters: [FaultParameter]
  /// Values of its parameters that need values of other parameters.
  package var needs: [Need]
  /// Whether a host with this fault counts as lost to the platform. Quorum counts such hosts.
  package var takesHost: Bool
  /// How long it is active.
  package var extent: Extent
  /// Groups of parameters of which a step must give exactly one.
  package var exactlyOne: [[String]]
  /// Parameters that are valid only together with another parameter.
  package var companions: [String: [String]]
  /// Every way in which it is injected or reverted differently. At least one. There is no default, so that the compiler
  /// names a fault without variants.
  package var variants: [FaultVariant]

  package init(
    name: String, summary: String, targets: [Target.Kind], parameters: [FaultParameter] = [],
    needs: [Need] = [], takesHost: Bool = false, extent: Extent,
    exactlyOne: [[String]] = [], companions: [String: [String]] = [:], variants: [FaultVariant]
  ) {
    self.name = name
    self.summary = summary
    self.targets = targets
    self.parameters = parameters
    self.needs = needs
    self.takesHost = takesHost
    self.extent = extent
    self.exactlyOne = exactlyOne
    self.companions = companions
    self.variants = variants
  }

  /// The values of the parameters that a step doesn't give.
  package var standards: [String: ParameterValue] {
    Dictionary(parameters.compactMap { one in one.standard.map { (one.name, $0) } }) { first, _ in first }
  }

  /// The parameters' examples. They name objects that a real host may have, so only a simulation injects with them.
  package var examples: [String: ParameterValue] {
    Dictionary(parameters.compactMap { one in one.example.map { (one.name, $0) } }) { first, _ in first }
  }

  /// A value of one parameter that is valid only with a value of another.
  package struct Need: Hashable, Sendable {
    /// The parameter whose values need another parameter.
    package var parameter: String
    /// These values.
    package var words: [String]
    /// The other parameter.
    package var other: String
    /// The value that it must have; nil if any value is valid.
    package var word: String?
    /// The reason, as a clause.
    package var because: String

    package init(_ parameter: String, _ words: [String], need other: String, _ word: String?, because: String)
    {
      self.parameter = parameter
      self.words = words
      self.other = other
      self.word = word
      self.because = because
    }
  }
}
