extension Condition {
  /// A way to write a condition in a file.
  package struct Notation: Sendable {
    /// Words in capitals stand for names and values.
    package var text: String
    /// When it is true.
    package var summary: String
    /// One that reads.
    package var example: String
  }

  /// All of them.
  package static let notations: [Notation] =
    [
      Notation(
        text: "VIEW sees OBJECT \(State.allCases.map(\.rawValue).joined(separator: "|"))",
        summary:
          "the view shows the object in that state; OBJECT is a host, by its name or one of its aliases, a virtual "
          + "machine (of a manager's view or a verdict), 'host' for any host, 'brick' or 'peer' for any of those (of a storage "
          + "view), or 'anything' (of a verdict)",
        example: "manager sees host down"),
      Notation(
        text: "PROBE down > DURATION",
        summary:
          "no request of the probe is answered, and the first that failed was due longer ago than that",
        example: "website down > 1m"),
    ]
    + Quantity.allCases.map { quantity in
      Notation(
        text: "\(quantity.rawValue) > NUMBER", summary: quantity.summary, example: "\(quantity.rawValue) > 1")
    }
}

extension Condition.Quantity {
  /// What is counted.
  fileprivate var summary: String {
    switch self {
    case .hostsDown:
      "more hosts than that are cut off or don't answer; what is merely behind a cut jump host doesn't count"
    case .bricksDown: "storage shows more bricks than that offline"
    case .healBacklog: "storage has more entries than that yet to heal"
    case .splitBrain: "storage shows more entries than that in split-brain"
    }
  }
}
