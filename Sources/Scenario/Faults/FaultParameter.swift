/// A parameter of a fault: a key of its steps.
package struct FaultParameter: Hashable, Sendable {
  /// Its key in a step.
  package var name: String
  /// One sentence: what it changes.
  package var summary: String
  /// What it accepts.
  package var form: Form
  /// Its value where a step doesn't give it; nil where the fault then goes without.
  package var standard: ParameterValue?
  /// Whether every step must give it.
  package var isRequired: Bool
  /// A value for a first scenario, where a step can't do without one.
  package var example: ParameterValue?

  /// A parameter of these parts.
  package init(
    name: String, summary: String, form: Form, standard: ParameterValue?, isRequired: Bool = false,
    example: ParameterValue? = nil
  ) {
    self.name = name
    self.summary = summary
    self.form = form
    self.standard = standard
    self.isRequired = isRequired
    self.example = example
  }

  /// What a parameter accepts. `FaultParameter+Shape` in `Files` reads it and has its JSON Schema.
  package enum Form: Hashable, Sendable {
    /// One of these words.
    case word([String])
    /// A list of port numbers.
    case ports
    /// A truth value.
    case flag
    /// A line of text: what it is, as `TEXT` in words.
    case line(String)
    /// An absolute path.
    case path
    /// A time of more than zero.
    case duration

    /// In words: `carrier | silent`.
    package var words: String {
      switch self {
      case .word(let words): words.joined(separator: " | ")
      case .ports: "[PORT, …]"
      case .flag: "true | false"
      case .line(let noun): noun
      case .path: "PATH"
      case .duration: "DURATION"
      }
    }
  }
}

/// A fault's parameter as a step gives it.
package enum ParameterValue: Codable, Hashable, Sendable {
  /// One of the words that the parameter accepts.
  case word(String)
  /// Port numbers.
  case ports([UInt16])
  /// A truth value.
  case flag(Bool)
  /// A text.
  case text(String)
  /// A time.
  case duration(Nanoseconds)

  /// As a scenario file has it.
  package var words: String {
    switch self {
    case .word(let word): word
    case .ports(let ports): "[\(ports.map(String.init).joined(separator: ", "))]"
    case .flag(let flag): "\(flag)"
    case .text(let text): text
    case .duration(let time): "\(time)"
    }
  }
}
