import Journal
import Scenario
import Views

extension Condition {
  /// A condition, or the invalid word of it.
  enum Reading {
    case success(Condition)
    case failure(Form.Complaint)
  }

  private static let grammar =
    "a condition has the form 'VIEW sees OBJECT down', 'PROBE down > 60s' or 'hosts-down > 1'"

  /// Reads a condition against a fleet; without one, checks only its form.
  static func read(_ text: String, fleet: Fleet?) -> Reading {
    let words = Words(text)
    let quantities = Quantity.allCases.map(\.rawValue)
    guard let first = words[0] else { return .failure(words.complaint(0, grammar)) }
    if words.count < 3, text.contains(">") {
      let spaced = Words(
        text.split(separator: ">", omittingEmptySubsequences: false).joined(separator: " > "))
      return .failure(
        words.complaint(
          0,
          "'>' needs a space on both sides: did you mean '\(spaced.all.map(\.text).joined(separator: " "))'?")
      )
    }
    guard let second = words[1] else {
      return .failure(
        words.complaint(1, "the condition ends after '\(first.clipped)':  \(grammar)", .missing))
    }
    switch second {
    case "sees": return sees(words, fleet)
    case ">":
      guard let quantity = Quantity(rawValue: first) else {
        if fleet?.probe(first) != nil || Nearest.name(to: first, among: quantities) == nil {
          return .failure(
            words.complaint(
              0,
              "'\(first.clipped)' can't be counted: expected \(Nearest.list(quantities)) before '>', "
                + "or 'PROBE down > 60s'"))
        }
        return .failure(
          words.complaint(
            0, "unknown count '\(first.clipped)'" + Nearest.hint(first, among: quantities), .unknown))
      }
      return exceeds(quantity, words)
    case "down": return down(words, fleet)
    default:
      if [">=", "<", "<=", "=", "=="].contains(second) {
        return .failure(words.complaint(1, "'\(second)' is not a comparison, only '>' is:  \(grammar)"))
      }
      if Quantity(rawValue: first) != nil {
        return .failure(
          words.complaint(1, "expected '>' after '\(first)', found '\(second.clipped)': \(grammar)"))
      }
      let hint = Nearest.name(to: second, among: ["sees", "down"]).map { "did you mean '\($0)'? " } ?? ""
      return .failure(words.complaint(1, "unexpected '\(second.clipped)': \(hint)\(grammar)"))
    }
  }

  private static func sees(_ words: Words, _ fleet: Fleet?) -> Reading {
    let states = State.allCases.map(\.rawValue)
    guard let view = words[0], var object = words[2] else {
      return .failure(
        words.complaint(2, "'sees' needs a host, brick or virtual machine, then down or up", .missing))
    }
    if let fleet {
      guard let known = fleet.view(view) else {
        return .failure(
          words.complaint(
            0, "unknown view '\(view.clipped)'" + Nearest.hint(view, among: fleet.views.map(\.name)), .absent)
        )
      }
      guard let name = known.object(named: object, of: fleet) else {
        let objects = known.kinds + known.objects(of: fleet)
        return .failure(
          words.complaint(
            2,
            "'\(view)' can't see '\(object.clipped)'" + Nearest.hint(object, among: objects)
              + "; add other names that the platform uses for a host to its aliases in the fleet", .absent))
      }
      object = name
    }
    guard let word = words[3] else {
      return .failure(
        words.complaint(
          3, "'sees \(object.clipped)' needs a state: expected \(Nearest.list(states))", .missing))
    }
    guard let state = State(rawValue: word) else {
      return .failure(
        words.complaint(3, "unknown state '\(word.clipped)'" + Nearest.hint(word, among: states), .unknown))
    }
    if words.count > 4 { return .failure(words.complaint(4, "a condition ends after '\(word)'")) }
    return .success(.sees(view: view, object: object, state: state))
  }

  private static func exceeds(_ quantity: Quantity, _ words: Words) -> Reading {
    guard let word = words[2] else {
      return .failure(words.complaint(2, "a number is missing after '>'", .missing))
    }
    guard let limit = Int(word), limit >= 0, word.allSatisfy(\.isNumber) else {
      if Nanoseconds(word) != nil {
        return .failure(
          words.complaint(
            2, "\(quantity.rawValue) is a count: expected a number without a unit, found '\(word)'"))
      }
      return .failure(words.complaint(2, "expected a whole number after '>', found '\(word.clipped)'"))
    }
    if words.count > 3 { return .failure(words.complaint(3, "a condition ends after '\(word)'")) }
    return .success(.exceeds(quantity, limit))
  }

  private static func down(_ words: Words, _ fleet: Fleet?) -> Reading {
    guard let probe = words[0] else { return .failure(words.complaint(0, grammar)) }
    if let fleet, fleet.probe(probe) == nil {
      return .failure(
        words.complaint(
          0, "unknown probe '\(probe.clipped)'" + Nearest.hint(probe, among: fleet.probes.map(\.name)),
          .absent))
    }
    guard words[2] == ">" else {
      return .failure(
        words.complaint(2, "expected '>' and a duration after 'down', such as '\(probe.clipped) down > 60s'"))
    }
    guard let word = words[3] else {
      return .failure(words.complaint(3, "a duration is missing after '>'", .missing))
    }
    guard let span = Nanoseconds(word) else {
      return .failure(words.complaint(3, Form.problem(ofDuration: word)))
    }
    if words.count > 4 { return .failure(words.complaint(4, "a condition ends after '\(word)'")) }
    return .success(.down(probe: probe, longerThan: span))
  }
}

extension Fleet.View {
  /// Words for any object of a kind that this view shows.
  fileprivate var kinds: [String] {
    switch kind.form {
    case .storage: ["brick", "peer", "host"]
    case .manager: ["host"]
    case .verdict: ["anything", "host"]
    case nil: []
    }
  }

  /// The hosts and virtual machines that this view can show.
  fileprivate func objects(of fleet: Fleet) -> [String] {
    let hosts = fleet.hosts.map(\.name)
    return switch kind.form {
    case .storage: hosts
    case .manager, .verdict: hosts + fleet.vms.map(\.name)
    case nil: []
    }
  }

  /// The fleet's own name of an object that this view can show, by any of its names.
  fileprivate func object(named name: String, of fleet: Fleet) -> String? {
    if kinds.contains(name) { return name }
    let objects = objects(of: fleet)
    if objects.contains(name) { return name }
    let known =
      fleet.vms.first { $0.aliases?.contains(name) ?? false }?.name ?? fleet.host(called: name)?.name
    return known.flatMap { objects.contains($0) ? $0 : nil }
  }
}

extension Form {
  /// A condition, checked by form only.
  static let condition = Form(
    expected: "a condition such as 'hosts-down > 1'",
    schema: [
      "type": "string",
      "pattern": .text(
        "^\\s*(\\S+\\s+sees\\s+\\S+\\s+(\(alternatives(Condition.State.allCases.map(\.rawValue))))"
          + "|(\(alternatives(Condition.Quantity.allCases.map(\.rawValue))))\\s+>\\s+[0-9]+"
          + "|\\S+\\s+down\\s+>\\s+\(durationPattern))\\s*$"),
    ]
  ) { scalar in
    if scalar.reading != .text || scalar.text.isEmpty {
      return Complaint(
        message:
          "expected a condition such as 'hosts-down > 1', found \(scalar.reading.described(scalar.text))",
        kind: .type)
    }
    if case .failure(let complaint) = Condition.read(scalar.text, fleet: nil) { return complaint }
    return nil
  }

  static func alternatives(_ words: [String]) -> String { words.joined(separator: "|") }
}
