import Scenario

extension Shape {
  /// Reports all errors in an element's form; `what` names the element in messages.
  func check(_ element: Element, _ what: String, _ findings: inout Findings) {
    if case .refused = element.content { return }
    switch self {
    case .scalar(let form): Self.check(element, what, form, &findings)
    case .mapping(let keys):
      if expect(element.isMapping, "a mapping", element, what, &findings) {
        keys.check(element, what, &findings)
      }
    case .named(let form, let shape, let least):
      guard expect(element.isMapping, "a mapping of names", element, what, &findings) else { return }
      if element.entries.count < least {
        findings.error(element.position, "\(what): at least \(least) is needed", .missing)
      }
      for entry in element.entries {
        let name = Scalar(text: entry.key, isPlain: true, isVerbatim: false)
        switch name.reading {
        case .flag(let value):
          findings.error(
            entry.position, "\(what): YAML 1.1 reads the name '\(entry.key)' as \(value): choose another",
            .type)
        case .null: findings.error(entry.position, "\(what): a name can't be empty or null", .missing)
        default:
          let quoted = Scalar(text: entry.key, isPlain: false, isVerbatim: false)
          if let complaint = form.complaint(quoted) {
            findings.error(entry.position, "\(what): \(complaint.message)", complaint.kind)
          }
        }
        shape.check(entry.value, entry.key.clipped, &findings)
      }
    case .list(let shape, let least, let most):
      guard expect(element.isSequence, "a list", element, what, &findings) else { return }
      if element.items.count < least {
        findings.error(
          element.position, "\(what): expected at least \(least == 1 ? "one item" : "\(least) items")",
          .missing)
      }
      if element.items.count > most {
        findings.error(
          element.position, "\(what): expected at most \(most) items, found \(element.items.count)")
      }
      for item in element.items.prefix(most) { shape.check(item, what, &findings) }
    case .listOrOne(let shape, let least):
      if element.isSequence {
        Shape.list(shape, atLeast: least).check(element, what, &findings)
      } else {
        shape.check(element, what, &findings)
      }
    case .chosen(let key, let common, let cases):
      guard expect(element.isMapping, "a mapping", element, what, &findings) else { return }
      guard let word = element[key]?.text, let chosen = cases.first(where: { $0.word == word }) else {
        // The case isn't known, so a key of any case is accepted.
        let possible = Set(cases.flatMap(\.fields).map(\.key)).subtracting(common.names)
        let rest = element.entries.filter { !possible.contains($0.key) }
        return common.check(Element(position: element.position, content: .mapping(rest)), what, &findings)
      }
      // A field of a case that narrows a common field is only for the schema. The reader of the field has a better
      // message.
      let barred = element.entries.filter { chosen.without[$0.key] != nil }
      for entry in barred {
        findings.error(
          entry.position, "\(chosen.word): '\(entry.key)' has no meaning: \(chosen.without[entry.key] ?? "")",
          .conflict)
      }
      let rest = element.entries.filter { chosen.without[$0.key] == nil }
      common.adding(chosen, chosen.fields.filter { common.field($0.key) == nil })
        .check(Element(position: element.position, content: .mapping(rest)), chosen.word, &findings)
    case .either(_, let joint): joint.check(element, what, &findings)
    case .judged: _ = expect(element.isMapping, "a mapping", element, what, &findings)
    }
  }

  private static func check(_ element: Element, _ what: String, _ form: Form, _ findings: inout Findings) {
    guard let scalar = element.scalar else {
      return findings.error(
        element.position, "\(what): expected \(form.expected), found \(element.kind)", .type)
    }
    if let complaint = form.complaint(scalar) {
      findings.error(element.position(at: complaint.offset), "\(what): \(complaint.message)", complaint.kind)
    }
  }

  private func expect(
    _ isRight: Bool, _ expected: String, _ element: Element, _ what: String, _ findings: inout Findings
  ) -> Bool {
    if !isRight {
      findings.error(element.position, "\(what): expected \(expected), found \(element.kind)", .type)
    }
    return isRight
  }
}

extension Element {
  fileprivate var isMapping: Bool { if case .mapping = content { true } else { false } }
  fileprivate var isSequence: Bool { if case .sequence = content { true } else { false } }
}

extension Shape.Keys {
  fileprivate func check(_ element: Element, _ what: String, _ findings: inout Findings) {
    // A key that is missing because it was misspelt is reported once.
    var misspelt: Set<String> = []
    let absent = names.filter { element[$0] == nil }
    for entry in element.entries {
      if let field = field(entry.key) {
        field.shape.check(entry.value, entry.key, &findings)
      } else {
        tellUnknown(entry, of: what, absent: absent, &misspelt, &findings)
      }
    }
    for field in fields where field.isRequired && absent.contains(field.key) && !misspelt.contains(field.key)
    {
      findings.error(
        element.position, "\(what): the key '\(field.key)' is missing (\(field.summary))", .missing)
    }
    for group in exactlyOne {
      let present = element.entries.filter { group.contains($0.key) }
      if present.isEmpty, misspelt.isDisjoint(with: group) {
        findings.error(
          element.position, "\(what): one of the keys \(Nearest.list(group)) is missing", .missing)
      }
      if let first = present.first {
        for other in present.dropFirst() {
          findings.error(
            other.position,
            "\(what): '\(other.key)' can't be combined with '\(first.key)': use only one of \(Nearest.list(group))",
            .conflict
          )
        }
      }
    }
    for (key, others) in companions.sorted(by: { $0.key < $1.key }) {
      guard let entry = element.entry(key), others.allSatisfy({ element[$0] == nil }) else { continue }
      findings.error(
        entry.position, "\(what): '\(key)' is valid only together with \(Nearest.list(others))", .conflict)
    }
    if let timed { check(timed, element, misspelt, &findings) }
    for need in needs where !misspelt.contains(need.other) {
      guard let value = element[need.parameter], let word = value.text, need.words.contains(word),
        need.word.map({ element[need.other]?.text != $0 }) ?? (element[need.other] == nil),
        !isMistaken(need.other, in: element)
      else { continue }
      findings.error(
        value.position,
        "\(need.parameter): '\(word)' needs \(need.other)\(need.word.map { ": \($0)" } ?? ""), since \(need.because)",
        .conflict
      )
    }
  }

  private func check(
    _ timed: Shape.Timed, _ element: Element, _ misspelt: Set<String>, _ findings: inout Findings
  ) {
    guard !misspelt.contains(timed.parameter), !isMistaken(timed.parameter, in: element),
      let word = element[timed.parameter].map(\.text) ?? timed.standard
    else { return }
    if timed.words.contains(word) {
      guard let entry = element.entry(timed.key) else { return }
      findings.error(
        entry.position, "\(timed.parameter): \(word) \(timed.because): '\(timed.key)' has no meaning with it",
        .conflict)
    } else if element[timed.key] == nil, !misspelt.contains(timed.key) {
      findings.error(
        (element[timed.parameter] ?? element).position,
        "\(timed.parameter): \(word) needs '\(timed.key)' (\(field(timed.key)?.summary ?? ""))", .missing)
    }
  }

  /// Whether a key's word was already reported as invalid.
  private func isMistaken(_ key: String, in element: Element) -> Bool {
    guard case .scalar(let form)? = field(key)?.shape, let scalar = element[key]?.scalar else { return false }
    return form.complaint(scalar) != nil
  }

  private func tellUnknown(
    _ entry: Element.Entry, of what: String, absent: [String], _ misspelt: inout Set<String>,
    _ findings: inout Findings
  ) {
    // `{status:200}` is a key without a value.
    if let colon = entry.key.firstIndex(of: ":"), field(String(entry.key[..<colon])) != nil {
      let key = String(entry.key[..<colon])
      misspelt.insert(key)
      let value = entry.key[entry.key.index(after: colon)...]
      return findings.error(
        entry.position, "\(what): a space is missing after the colon: did you mean '\(key): \(value)'?")
    }
    let reading = Scalar(text: entry.key, isPlain: !entry.isQuoted, isVerbatim: false).reading
    if case .flag(let value) = reading {
      return findings.error(
        entry.position,
        "\(what): unknown key '\(entry.key)', which YAML 1.1 reads as \(value): expected \(Nearest.list(names))",
        .unknown
      )
    }
    let near = Nearest.name(to: entry.key, among: absent)
    if let near { misspelt.insert(near) }
    let hint = near.map { ": did you mean '\($0)'?" } ?? Nearest.hint(entry.key, among: names)
    findings.error(entry.position, "\(what): unknown key '\(entry.key.clipped)'\(hint)", .unknown)
  }
}
