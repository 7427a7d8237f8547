/// A demand on one metric: `website.downtime: max 60s`.
package struct Objective: Codable, Equatable, Sendable {
  /// The probe, view or virtual machine that it is about; nil for the run as a whole.
  package var subject: String?
  /// The metric.
  package var metric: Metric
  /// Which side of the limit is demanded.
  package var relation: Relation
  /// The limit, in nanoseconds for a duration, else a count.
  package var limit: Int64

  /// An objective of these parts.
  package init(subject: String?, metric: Metric, relation: Relation, limit: Int64) {
    self.subject = subject
    self.metric = metric
    self.relation = relation
    self.limit = limit
  }

  /// Which side of a limit is demanded.
  package enum Relation: String, Codable, CaseIterable, Sendable {
    /// At most.
    case max
    /// At least.
    case min
    /// Just this.
    case exactly
  }

  /// As files write it: `website.downtime`.
  package var key: String { subject.map { "\($0).\(metric.rawValue)" } ?? metric.rawValue }
}

/// The metrics that a run yields, by the names that objectives use.
package enum Metric: String, Codable, CaseIterable, Sendable {
  /// Effective minus requested, the longest of the run's faults.
  case timeToEffect = "time-to-effect"
  /// Sum of a probe's outages.
  case downtime
  /// Count of a probe's outages.
  case outages
  /// A probe's longest outage.
  case longestOutage = "longest-outage"
  /// Start of the first stable window, minus effective.
  case timeToRecover = "time-to-recover"
  /// A probe's failed, unknown and unsent requests.
  case failedRequests = "failed-requests"
  /// A probe's 99th percentile of latency while faults held.
  case latencyP99 = "latency-p99"
  /// Writes acknowledged and absent after recovery.
  case lost
  /// Records with a bad checksum after recovery.
  case torn
  /// First answer from another host or another boot, minus effective.
  case timeToFailOver = "time-to-fail-over"
  /// First correct unhealthy state that a view shows of what is broken, minus effective.
  case timeToDetect = "time-to-detect"
  /// When storage was whole again and stayed so, minus effective.
  case timeToFullRedundancy = "time-to-full-redundancy"
  /// Most entries in split-brain at once.
  case splitBrain = "split-brain"
  /// Differences of the hosts' state before and after.
  case residue

  /// What a metric's figures are.
  package enum Unit: String, Codable, Sendable {
    /// A span of time.
    case duration
    /// A number of things.
    case count
  }

  /// What this metric's figures are.
  package var unit: Unit {
    switch self {
    case .outages, .failedRequests, .lost, .torn, .splitBrain, .residue: .count
    case .timeToEffect, .downtime, .longestOutage, .timeToRecover, .latencyP99, .timeToFailOver,
      .timeToDetect,
      .timeToFullRedundancy:
      .duration
    }
  }

  /// What a metric is about.
  package enum Subject: Sendable {
    /// Any probe.
    case probe
    /// A probe that appends.
    case appendProbe
    /// A virtual machine.
    case vm
    /// The manager's view.
    case managerView
    /// The storage's view.
    case storageView
    /// The run as a whole: the key has no subject.
    case run
  }

  /// What this metric is about.
  package var subject: Subject {
    switch self {
    case .downtime, .outages, .longestOutage, .timeToRecover, .failedRequests, .latencyP99: .probe
    case .lost, .torn: .appendProbe
    case .timeToFailOver: .vm
    case .timeToDetect: .managerView
    case .timeToFullRedundancy, .splitBrain: .storageView
    case .timeToEffect, .residue: .run
    }
  }
}
