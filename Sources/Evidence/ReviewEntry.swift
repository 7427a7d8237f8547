/// A line of `review.jsonl`: what a person added to a run after it.
package struct ReviewEntry: Codable, Equatable, Sendable {
  /// On the wall clock of the machine: `2026-11-27T12:00:00Z`.
  package var at: String
  /// Who added it, as stated.
  package var by: String
  /// The hexadecimal SHA-256 of the line before; nil in the first line.
  package var previous: String?
  package var content: Content

  package enum Content: Equatable, Sendable {
    /// - moment: the time to which it belongs, as `at`; nil for the run as a whole.
    case note(text: String, moment: String?)
    /// What a person had to do so that the platform recovered.
    /// - moment: when it began, as `at`; nil if that isn't known.
    /// - seconds: how long it took.
    case intervention(text: String, moment: String?, seconds: Int64)
    /// A finding, whole. A later line with the same number replaces it.
    case finding(Finding)
    /// The result was read.
    case acknowledged
  }

  package init(at: String, by: String, content: Content) {
    self.at = at
    self.by = by
    self.content = content
  }

  /// The possible lengths of an intervention: up to a year.
  package static let interventionSeconds: ClosedRange<Int64> = 1...31_536_000

  private enum CodingKeys: String, CodingKey {
    case at, by, previous, note, moment, intervention, finding, acknowledged
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    at = try container.decode(String.self, forKey: .at)
    by = try container.decode(String.self, forKey: .by)
    previous = try container.decodeIfPresent(String.self, forKey: .previous)
    if let finding = try container.decodeIfPresent(Finding.self, forKey: .finding) {
      content = .finding(finding)
    } else if try container.decodeIfPresent(Bool.self, forKey: .acknowledged) == true {
      content = .acknowledged
    } else {
      let text = try container.decode(String.self, forKey: .note)
      let moment = try container.decodeIfPresent(String.self, forKey: .moment)
      // An earlier version reads an intervention as a note.
      if let seconds = try container.decodeIfPresent(Int64.self, forKey: .intervention) {
        guard Self.interventionSeconds.contains(seconds) else {
          throw DecodingError.dataCorruptedError(
            forKey: .intervention, in: container, debugDescription: "not a number of seconds up to a year")
        }
        content = .intervention(text: text, moment: moment, seconds: seconds)
      } else {
        content = .note(text: text, moment: moment)
      }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(at, forKey: .at)
    try container.encode(by, forKey: .by)
    try container.encodeIfPresent(previous, forKey: .previous)
    switch content {
    case .note(let text, let moment):
      try container.encode(text, forKey: .note)
      try container.encodeIfPresent(moment, forKey: .moment)
    case .intervention(let text, let moment, let seconds):
      try container.encode(text, forKey: .note)
      try container.encodeIfPresent(moment, forKey: .moment)
      try container.encode(seconds, forKey: .intervention)
    case .finding(let finding): try container.encode(finding, forKey: .finding)
    case .acknowledged: try container.encode(true, forKey: .acknowledged)
    }
  }
}

/// A weakness that a run showed, and what happens about it.
package struct Finding: Codable, Equatable, Sendable {
  /// From 1, in a run.
  package var number: Int
  package var title: String
  package var severity: Severity
  package var cause: String?
  /// Whether the run showed the cause. It is supposed otherwise.
  package var isCauseShown: Bool
  package var action: String?
  package var owner: String?
  /// The date on which the action is due: `2026-12-15`. Earlier versions accepted any text.
  package var due: String?
  package var state: State
  /// The run that tested it again.
  package var retest: String?

  package init(number: Int, title: String, severity: Severity) {
    self.number = number
    self.title = title
    self.severity = severity
    isCauseShown = false
    state = .open
  }

  package enum Severity: String, Codable, CaseIterable, Sendable {
    case minor, major, critical
  }

  package enum State: String, Codable, CaseIterable, Sendable {
    case open
    /// The risk was accepted.
    case accepted
    case closed
  }
}
