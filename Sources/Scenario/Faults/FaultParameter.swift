/// A parameter of a fault: a key of its steps.
package struct FaultParameter: Hashable, Sendable {
  /// Its key in a step.
  package var name: String
  /// One sentence about its meaning.
  package var summary: String
  /// The values that it accepts.
  package var form: Form
  /// Its default; nil if it has none and may be missing.
  package var standard: ParameterValue?
  /// Whether every step must give it.
  package var isRequired: Bool
  /// A value for the scenario that `murphy new` writes, if the step needs one.
  package var example: ParameterValue?
  /// The same for a fleet that has no view of a manager, if it differs.
  package var exampleWithoutManager: ParameterValue?

  package init(
    name: String, summary: String, form: Form, standard: ParameterValue?, isRequired: Bool = false,
    example: ParameterValue? = nil, exampleWithoutManager: ParameterValue? = nil
  ) {
    self.name = name
    self.summary = summary
    self.form = form
    self.standard = standard
    self.isRequired = isRequired
    self.example = example
    self.exampleWithoutManager = exampleWithoutManager
  }

  /// The form of a parameter's values. `FaultParameter+Shape` in `Files` reads the values and has their JSON Schema.
  package enum Form: Hashable, Sendable {
    /// One of these words.
    case word([String])
    /// A list of port numbers.
    case ports
    /// A truth value.
    case flag
    /// A line of text. The associated value describes it, for example `TEXT`.
    case line(String)
    /// An absolute path.
    case path
    /// A time of more than zero.
    case duration
    /// A whole number of more than zero.
    case count

    /// For display: `carrier | silent`.
    package var words: String {
      switch self {
      case .word(let words): words.joined(separator: " | ")
      case .ports: "[PORT, …]"
      case .flag: "true | false"
      case .line(let noun): noun
      case .path: "PATH"
      case .duration: "DURATION"
      case .count: "NUMBER"
      }
    }
  }
}

/// The value of a fault's parameter in a step.
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
  /// A number.
  case count(Int)

  /// In the notation of a scenario file.
  package var words: String {
    switch self {
    case .word(let word): word
    case .ports(let ports): "[\(ports.map(String.init).joined(separator: ", "))]"
    case .flag(let flag): "\(flag)"
    case .text(let text): text
    case .duration(let time): "\(time)"
    case .count(let number): "\(number)"
    }
  }
}
