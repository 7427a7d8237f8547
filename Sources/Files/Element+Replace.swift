/// A parameter of a scenario that gets another value than the file's.
///
/// The value is put into the tree before all checks, so that it is checked as if the file stated it.
extension Element {
  /// Replaces the parameter `STEP.KEY` of a step, or `PART.KEY` of another part, by a plain scalar. Reports an unknown
  /// step or part at the place of the timeline.
  mutating func replace(_ key: String, by value: String, _ findings: inout Findings) {
    let words = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2, words.allSatisfy({ !$0.isEmpty }) else {
      return findings.error(position, "'\(key.clipped)' is not a parameter: write STEP.KEY, such as cut.mode")
    }
    if var steps = self["timeline"]?.items,
      let index = steps.enumerated().first(where: { index, step in
        words[0] == step["name"]?.text ?? "step-\(index + 1)"
      })?.offset
    {
      steps[index].set(words[1], value)
      guard var timeline = self["timeline"] else { return }
      timeline.content = .sequence(steps)
      return set("timeline", timeline)
    }
    if var part = self[words[0]], case .mapping = part.content {
      part.set(words[1], value)
      return set(words[0], part)
    }
    let names = (self["timeline"]?.items ?? []).enumerated().map { $1["name"]?.text ?? "step-\($0 + 1)" }
    findings.error(
      (self["timeline"] ?? self).position,
      "'\(key.clipped)': the scenario has no step '\(words[0].clipped)'; its steps are \(names.joined(separator: ", "))",
      .unknown
    )
  }

  private mutating func set(_ key: String, _ value: String) {
    set(
      key,
      Element(
        position: self[key]?.position ?? position,
        content: .scalar(Scalar(text: value, isPlain: true, isVerbatim: false))))
  }

  private mutating func set(_ key: String, _ value: Element) {
    guard case .mapping(var entries) = content else { return }
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].value = value
    } else {
      entries.append(Entry(key: key, position: position, value: value))
    }
    content = .mapping(entries)
  }
}
