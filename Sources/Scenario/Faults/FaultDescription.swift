/// What a fault tells of itself to those who read and write scenarios: the parser, the schema, `murphy faults`.
package struct FaultDescription: Equatable, Sendable {
  /// Its name, as `host.unplug`.
  package var name: String
  /// One sentence: what happens.
  package var summary: String
  /// The kinds of target that it accepts.
  package var targets: [Target.Kind]
  /// Its own parameters.
  package var parameters: [Parameter]
  /// Which of its parameters' words need others.
  package var needs: [Need]
  /// Whether a host that it hits counts as lost to the platform: quorum speaks of those.
  package var takesHost: Bool

  package init(
    name: String, summary: String, targets: [Target.Kind], parameters: [Parameter] = [],
    needs: [Need] = [], takesHost: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.targets = targets
    self.parameters = parameters
    self.needs = needs
    self.takesHost = takesHost
  }

  /// One parameter.
  package struct Parameter: Equatable, Sendable {
    /// Its key in a step.
    package var name: String
    /// One sentence: what it changes.
    package var summary: String
    /// What it accepts.
    package var form: Form
    /// What it is where a step doesn't give it.
    package var standard: ParameterValue

    package init(name: String, summary: String, form: Form, standard: ParameterValue) {
      self.name = name
      self.summary = summary
      self.form = form
      self.standard = standard
    }
  }

  /// A word of one parameter that makes sense only with a word of another.
  package struct Need: Equatable, Sendable {
    /// The parameter, and its words that need another's.
    package var parameter: String
    /// The words.
    package var words: [String]
    /// The other parameter.
    package var other: String
    /// The word that it must have.
    package var word: String
    /// Why, in a clause.
    package var because: String

    package init(_ parameter: String, _ words: [String], need other: String, _ word: String, because: String)
    {
      self.parameter = parameter
      self.words = words
      self.other = other
      self.word = word
      self.because = because
    }
  }

  /// What a parameter accepts.
  package enum Form: Equatable, Sendable {
    /// One of these words.
    case word([String])
    /// A list of port numbers.
    case ports
    /// A truth value.
    case flag
  }
}
