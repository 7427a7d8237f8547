/// From where a view is queried: `from` in the fleet file.
package enum Vantage: Hashable, Sendable {
  /// One host: the first of the fleet that answers and that no fault has taken.
  case anyHost
  /// Every host. The run uses the belief of the host that `anyHost` would query, and the other beliefs are recorded
  /// too.
  case everyHost
  case host(String)
  case controller
}

extension Vantage: Codable, CustomStringConvertible {
  /// The words that aren't a host's name.
  package static let words = ["any", "every", "controller"]

  /// Reads `any`, `every`, `controller` or a host's name.
  package init(_ text: String) {
    self =
      switch text {
      case "any": .anyHost
      case "every": .everyHost
      case "controller": .controller
      default: .host(text)
      }
  }

  package var description: String {
    switch self {
    case .anyHost: "any"
    case .everyHost: "every"
    case .controller: "controller"
    case .host(let name): name
    }
  }

  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
