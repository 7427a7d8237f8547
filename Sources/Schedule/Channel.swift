import Scenario

/// What a schedule notifies, when and where.
package struct Notification: Equatable, Sendable {
  /// In the order of the file.
  package var channels: [Channel]
  /// How long before a planned start it is announced, in seconds.
  package var leads: [Int]
  /// The names of the channels of an escalation.
  package var escalate: [String]

  package init(channels: [Channel] = [], leads: [Int] = Self.standardLeads, escalate: [String] = []) {
    self.channels = channels
    self.leads = leads
    self.escalate = escalate
  }

  package static let standardLeads = [86_400, 900]
}

/// A receiver of notices.
package struct Channel: Equatable, Sendable {
  package var name: String
  /// The key of its kind.
  package var kind: String
  /// The values of its keys in the file, its kind's key included.
  package var parameters: [String: JSONValue]
  /// What it receives, besides escalations.
  package var topics: Set<Notice.Topic>

  package init(
    _ name: String, _ kind: String, _ parameters: [String: JSONValue],
    topics: Set<Notice.Topic> = Set(Notice.Topic.allCases)
  ) {
    self.name = name
    self.kind = kind
    self.parameters = parameters
    self.topics = topics
  }

  /// The text of a key; nil if it is missing.
  package func text(_ key: String) -> String? {
    if case .string(let text) = parameters[key] { text } else { nil }
  }

  /// The list of a key; empty if it is missing.
  package func texts(_ key: String) -> [String] {
    guard case .array(let values) = parameters[key] else { return [] }
    return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }
}
