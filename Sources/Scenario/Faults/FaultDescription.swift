/// What a fault declares for parser, schema, `murphy faults` and whatever tries faults.
package struct FaultDescription: Hashable, Sendable {
  /// Its name, as `host.unplug`.
  package var name: String
  /// One sentence: what happens.
  package var summary: String
  /// The kinds of target that it accepts.
  package var targets: [Target.Kind]
  /// Its own parameters.
  package var parameters: [FaultParameter]
  /// Which of its parameters' words need others.
  package var needs: [Need]
  /// Whether a host that it hits counts as lost to the platform: quorum speaks of those.
  package var takesHost: Bool
  /// For how long it is active.
  package var extent: Extent
  /// Groups of parameters of which a step must give exactly one.
  package var exactlyOne: [[String]]
  /// Parameters that are valid only together with one of others.
  package var companions: [String: [String]]
  /// Every way in which it is injected or reverted differently. At least one; there is no default, so that the compiler
  /// names a fault that has none.
  package var variants: [FaultVariant]

  /// A description of these parts.
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

  /// A word of one parameter that makes sense only with a word of another.
  package struct Need: Hashable, Sendable {
    /// The parameter, and its words that need another's.
    package var parameter: String
    /// The words.
    package var words: [String]
    /// The other parameter.
    package var other: String
    /// The word that it must have; nil where any value will do.
    package var word: String?
    /// Why, in a clause.
    package var because: String

    /// A need of these parts.
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
