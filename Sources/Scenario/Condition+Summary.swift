extension Condition {
  /// The notation of a condition in a file.
  package struct Notation: Sendable {
    /// Words in capitals are placeholders for names and values.
    package var text: String
    /// When it is true.
    package var summary: String
    /// A valid example.
    package var example: String
  }

  package static let notations: [Notation] =
    [
      Notation(
        text: "VIEW sees OBJECT \(State.allCases.map(\.rawValue).joined(separator: "|"))",
        summary:
          "the view shows OBJECT in that state; OBJECT is a host by its name or one of its aliases, a virtual "
          + "machine (for a manager's view or a verdict), 'host' for any host, 'brick' or 'peer' for any of those (for a storage "
          + "view), or 'anything' (for a verdict)",
        example: "manager sees host down"),
      Notation(
        text: "PROBE down > DURATION",
        summary:
          "no request of the probe is answered, and the first failed one was due more than DURATION ago",
        example: "website down > 1m"),
    ]
    + Quantity.allCases.map { quantity in
      Notation(
        text: "\(quantity.rawValue) > NUMBER", summary: quantity.summary, example: "\(quantity.rawValue) > 1")
    }
}

extension Condition.Quantity {
  fileprivate var summary: String {
    switch self {
    case .hostsDown:
      "more than NUMBER hosts are cut off or don't answer; a host behind a cut jump host doesn't count"
    case .bricksDown: "storage shows more than NUMBER bricks offline"
    case .healBacklog: "storage has more than NUMBER entries to heal"
    case .splitBrain: "storage shows more than NUMBER entries in split-brain"
    }
  }
}
