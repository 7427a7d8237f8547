import Scenario

/// A comparison with a number: `> 0.5`.
struct Threshold {
  let comparison: Substring
  let limit: Double

  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 2, [">", ">=", "<", "<=", "==", "!="].contains(words[0]),
      let limit = Double(words[1]),
      limit.isFinite
    else { return nil }
    comparison = words[0]
    self.limit = limit
  }

  func isPassed(by value: Double) -> Bool {
    switch comparison {
    case ">": value > limit
    case ">=": value >= limit
    case "<": value < limit
    case "<=": value <= limit
    case "==": value == limit
    default: value != limit
    }
  }

  /// The threshold in a view's `unwell`. Nil if it has none.
  init?(of spec: ViewSpec) throws(ViewRefused) {
    guard let text = spec.text("unwell") else { return nil }
    guard let threshold = Threshold(text) else {
      throw ViewRefused("unwell: expected a comparison such as '> 0.5', found '\(text.prefix(40))'")
    }
    self = threshold
  }
}
