import ArgumentParser
import FoundationEssentials
import Scenario

struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Lists the metrics for objectives, and the conditions for 'when' and guards.")

  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let reference = Reference()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(reference), as: UTF8.self))
    } else {
      print(reference.description)
    }
  }
}

/// The metrics and conditions of a scenario, from the tables that its parser uses.
private struct Reference: Encodable {
  struct Figure: Encodable {
    var name: String
    var unit: String
    var subject: String
    var definition: String
    var example: String
  }

  struct Word: Encodable {
    var form: String
    var definition: String
    var example: String?
  }

  let metrics = Metric.allCases.map { metric in
    Figure(
      name: metric.rawValue, unit: metric.unit.rawValue, subject: metric.subject.noun,
      definition: metric.summary,
      example: "\(metric.subject.example)\(metric.rawValue): max \(metric.unit == .duration ? "60s" : "0")")
  }
  let relations = Objective.Relation.allCases.map {
    Word(form: "\($0.rawValue) LIMIT", definition: $0.summary)
  }
  let conditions = Condition.notations.map {
    Word(form: $0.text, definition: $0.summary, example: $0.example)
  }
  let guards = [
    Word(
      form: "{when: CONDITION, then: abort}",
      definition: "every fault is reverted, then the report is written",
      example: "{when: hosts-down > 1, then: abort}")
  ]
}

extension Reference: CustomStringConvertible {
  var description: String {
    var lines = [
      "metrics, as objectives name them (SUBJECT.METRIC, or METRIC if the run is the subject)"
    ]
    for metric in metrics {
      lines.append("  \(metric.name)  (\(metric.unit), of \(metric.subject))")
      lines.append("    \(metric.definition)")
    }
    func list(_ title: String, _ words: [Word]) {
      lines += ["", title]
      for word in words {
        lines.append("  \(word.form)" + (word.example.map { ", such as \($0)" } ?? ""))
        lines.append("    \(word.definition)")
      }
    }
    list("objectives, such as 'website.downtime: max 60s'", relations)
    list("conditions, for a step's 'when' and for guards", conditions)
    list("guards", guards)
    return lines.joined(separator: "\n")
  }
}

extension Metric.Subject {
  /// The subject of an example, with its dot.
  fileprivate var example: String {
    switch self {
    case .probe: "website."
    case .appendProbe: "writes."
    case .vm: "web."
    case .managerView, .detectingView: "manager."
    case .verdictView: "alerts."
    case .storageView: "storage."
    case .run: ""
    }
  }
}
