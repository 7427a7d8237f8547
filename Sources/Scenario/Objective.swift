/// A required limit of one metric: `website.downtime: max 60s`.
package struct Objective: Codable, Equatable, Sendable {
  /// The probe, view or virtual machine; nil for the whole run.
  package var subject: String?
  package var metric: Metric
  /// Which side of the limit is required.
  package var relation: Relation
  /// The limit, in nanoseconds for a duration, otherwise a count.
  package var limit: Int64

  package init(subject: String?, metric: Metric, relation: Relation, limit: Int64) {
    self.subject = subject
    self.metric = metric
    self.relation = relation
    self.limit = limit
  }

  /// Which side of a limit is required.
  package enum Relation: String, Codable, CaseIterable, Sendable {
    case max
    case min
    case exactly
  }

  /// As files write it: `website.downtime`.
  package var key: String { subject.map { "\($0).\(metric.rawValue)" } ?? metric.rawValue }
}

extension Objective.Relation {
  package var summary: String {
    switch self {
    case .max: "at most this value"
    case .min: "at least this value"
    case .exactly: "exactly this value"
    }
  }
}
