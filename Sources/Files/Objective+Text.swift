import Scenario

extension Objective {
  /// A limit, or the invalid word of it.
  enum Reading {
    case success((relation: Relation, limit: Int64))
    case failure(Form.Complaint)
  }

  /// Reads `max 60s` for a metric.
  static func limit(_ element: Element, of metric: Metric) -> Reading {
    let example = metric.unit == .duration ? "max 60s" : "max 0"
    let relations = Relation.allCases.map(\.rawValue)
    guard let scalar = element.scalar else {
      return .failure(
        .init(message: "expected a limit such as '\(example)', found \(element.kind)", kind: .type))
    }
    let words = Words(scalar.text)
    guard let first = words[0], scalar.reading != .null else {
      return .failure(words.complaint(0, "expected a limit such as '\(example)', found nothing", .missing))
    }
    guard let relation = Relation(rawValue: first) else {
      if Nanoseconds(first) != nil || Int64(first) != nil, words.count == 1 {
        return .failure(words.complaint(0, "a limit needs max, min or exactly: did you mean 'max \(first)'?"))
      }
      if let operation = ["<": "max", "<=": "max", ">": "min", ">=": "min", "=": "exactly", "==": "exactly"][
        first.prefix { "<=>".contains($0) }.description]
      {
        return .failure(words.complaint(0, "a limit uses words: did you mean '\(operation)'?"))
      }
      return .failure(
        words.complaint(0, "unknown '\(first.clipped)'" + Nearest.hint(first, among: relations), .unknown))
    }
    guard let word = words[1] else {
      return .failure(
        words.complaint(1, "the limit is missing after '\(first)', as in '\(example)'", .missing))
    }
    if words.count > 2 {
      let joint = word + (words[2] ?? "")
      let meant = words.count == 3 && Nanoseconds(joint) != nil ? ": did you mean '\(first) \(joint)'?" : ""
      return .failure(words.complaint(2, "a limit ends before '\(word.clipped)'\(meant)"))
    }
    switch metric.unit {
    case .duration:
      if let span = Nanoseconds(word) { return .success((relation, span.count)) }
      if Int64(word) != nil, !word.hasPrefix("-") {
        return .failure(
          words.complaint(
            1, "\(metric.rawValue) is a duration and needs its unit: did you mean '\(first) \(word)s'?"))
      }
      return .failure(words.complaint(1, Form.problem(ofDuration: word)))
    case .count:
      if let count = Int64(word), word.allSatisfy(\.isNumber) { return .success((relation, count)) }
      if Nanoseconds(word) != nil {
        return .failure(
          words.complaint(
            1,
            "\(metric.rawValue) is a count, not a duration: did you mean '\(first) \(word.prefix { $0.isNumber })'?"
          ))
      }
      return .failure(
        words.complaint(1, "\(metric.rawValue) is a count: expected a whole number, found '\(word.clipped)'"))
    }
  }

  /// The mapping of objectives in JSON Schema: which metrics have a subject, and the unit of each limit.
  static var schema: JSON {
    let relations = Form.alternatives(Relation.allCases.map(\.rawValue))
    var patterns: [String: JSON] = [:]
    for (unit, limit) in [(Metric.Unit.duration, Form.durationPattern), (.count, "[0-9]+")] {
      for (isOfRun, subject) in [(true, ""), (false, "[A-Za-z0-9_][A-Za-z0-9_.-]*\\.")] {
        let metrics = Metric.allCases.filter { $0.unit == unit && ($0.subject == .run) == isOfRun }
        patterns["^\(subject)(\(Form.alternatives(metrics.map(\.rawValue))))$"] = [
          "type": "string", "pattern": .text("^\\s*(\(relations))\\s+\(limit)\\s*$"),
        ]
      }
    }
    return ["type": "object", "additionalProperties": false, "patternProperties": .object(patterns)]
  }
}
