import Journal
import Scenario

/// A program's own judgement, by exit code and first line, like Nagios plugins.
///
/// See https://nagios-plugins.org/doc/guidelines.html: 0 is ok, 1 a warning, 2 critical, and every other code unknown.
/// The text after a `|` is performance data.
package struct CommandView: ViewKind {
  package let key = "command"
  package let summary =
    "a program's view, as a list of the program and its arguments: exit code 0 is well, 1 a warning, 2 critical"
  package let parameter: ViewParameter? = ViewParameter(
    name: "command", summary: "the program and its arguments", form: .words, isRequired: true)
  package let further = [
    ViewParameter(
      name: "timeout", summary: "when the program is killed, at most 10s: 10s unless given", form: .duration)
  ]
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  /// A longer limit would let queries accumulate on a host.
  private static let longest = Nanoseconds.seconds(10)

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let command = spec.words("command")
    guard let program = command.first, !program.isEmpty else {
      throw ViewRefused("command: expected a list of a program and its arguments")
    }
    // A policy may allow every command that begins with a path.
    if program.split(separator: "/").contains("..") || program.contains("/") && !program.hasPrefix("/") {
      throw ViewRefused(
        "command: '\(program)' must be a program's name, or its whole path, without '..'")
    }
    if command.contains(where: { $0.contains("\0") }) { throw ViewRefused("command: a NUL character") }
    let limit = spec.text("timeout").map { Nanoseconds($0) } ?? Self.longest
    guard let limit, limit > .zero, limit <= Self.longest else {
      throw ViewRefused("command: 'timeout' must be more than zero and at most \(Self.longest)")
    }
    return .command(command, within: limit)
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard let answer = answers.first, answer.failure == nil, let code = answer.exitCode else {
      return Belief(form, unknown: answers.first?.failure ?? "no answer")
    }
    let line = String(
      (answer.text.split(whereSeparator: \.isNewline).first ?? "").prefix { $0 != "|" }.prefix(200).filter {
        $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      }
    ).trimmed
    let words = line.isEmpty ? "exit code \(code)" : line
    return switch code {
    case 0: .verdict(Verdict(words: words))
    case 1, 2:
      .verdict(
        Verdict(
          words: "\(code == 1 ? "warning" : "critical"): \(words)", complaints: [.init(name: words)]))
    default: Belief(form, unknown: line.isEmpty ? words : "exit code \(code): \(line)")
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
