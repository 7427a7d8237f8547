import Scenario

extension FaultParameter {
  /// Its key in a step.
  var field: Shape.Field {
    isRequired
      ? .required(name, form.shape, summary) : .optional(name, form.shape, summary, standard: standard?.json)
  }

  /// Its value in a step; nil if the shape refuses the value.
  func value(_ element: Element, _ findings: inout Findings) -> ParameterValue? {
    switch form {
    case .word: return element.text.map(ParameterValue.word)
    case .flag: return element.flag.map(ParameterValue.flag)
    case .line, .path: return element.text.map(ParameterValue.text)
    case .duration: return element.duration.map(ParameterValue.duration)
    case .count: return element.integer.map(ParameterValue.count)
    case .ports:
      var ports: [UInt16] = []
      var seen: Set<UInt16> = []
      for item in element.items {
        guard let port = item.integer.flatMap(UInt16.init(exactly:)) else { continue }
        if !seen.insert(port).inserted {
          findings.error(item.position, "\(name): duplicate port \(port)", .duplicate)
        }
        ports.append(port)
      }
      return .ports(ports)
    }
  }
}

extension FaultParameter.Form {
  fileprivate var shape: Shape {
    switch self {
    case .word(let words): .scalar(.word(words))
    case .ports: .list(.scalar(.port), atLeast: 0)
    case .flag: .scalar(.flag)
    case .line: .scalar(.line)
    case .path: .scalar(.path)
    case .duration: .scalar(.positiveDuration)
    case .count: .scalar(.integer(1...Int.max, "a whole number of more than zero"))
    }
  }
}

extension ParameterValue {
  fileprivate var json: JSON {
    switch self {
    case .ports(let ports): .array(ports.map { .integer(Int($0)) })
    case .flag(let flag): .flag(flag)
    case .count(let number): .integer(number)
    default: .text(words)
    }
  }
}
