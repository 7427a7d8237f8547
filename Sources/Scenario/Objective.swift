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

/// The metrics of a run, by the names that objectives use.
package enum Metric: String, Codable, CaseIterable, Sendable {
  /// The time of the effect minus that of the request, the longest of the run's faults.
  case timeToEffect = "time-to-effect"
  /// Sum of a probe's outages.
  case downtime
  /// Count of a probe's outages.
  case outages
  /// A probe's longest outage.
  case longestOutage = "longest-outage"
  /// Start of the first stable window, minus the time of the effect.
  case timeToRecover = "time-to-recover"
  /// A probe's failed, unknown and unsent requests.
  case failedRequests = "failed-requests"
  /// A probe's 99th percentile of latency while faults were active.
  case latencyP99 = "latency-p99"
  /// Acknowledged writes that are missing after recovery.
  case lost
  /// Records with an invalid checksum after recovery.
  case torn
  /// First answer from another host or another boot, minus the time of the effect.
  case timeToFailOver = "time-to-fail-over"
  /// The first time a view shows the failed object as failed, minus the time of the effect.
  case timeToDetect = "time-to-detect"
  /// How long monitoring reported no problem while a probe was down.
  case blindness
  /// How long monitoring had a complaint while nothing was broken.
  case falseAlarm = "false-alarm"
  /// How long a manager believed that a running object was down.
  case falseDown = "false-down"
  /// How long a manager believed that a stopped object was up.
  case falseUp = "false-up"
  /// How long a manager believed that a virtual machine runs on another host than it did.
  case wrongHost = "wrong-host"
  /// When the storage had full redundancy again and kept it, minus the time of the effect.
  case timeToFullRedundancy = "time-to-full-redundancy"
  /// The most entries in split-brain at once.
  case splitBrain = "split-brain"
  /// Differences of the hosts' state before and after.
  case residue

  package enum Unit: String, Codable, Sendable {
    case duration
    case count
  }

  package var unit: Unit {
    switch self {
    case .outages, .failedRequests, .lost, .torn, .splitBrain, .residue: .count
    case .timeToEffect, .downtime, .longestOutage, .timeToRecover, .latencyP99, .timeToFailOver,
      .timeToDetect, .blindness, .falseAlarm, .falseDown, .falseUp, .wrongHost, .timeToFullRedundancy:
      .duration
    }
  }

  /// The kind of subject of a metric.
  package enum Subject: Sendable {
    /// Any probe.
    case probe
    /// A probe that appends.
    case appendProbe
    /// A virtual machine.
    case vm
    /// A manager's view.
    case managerView
    /// A view that gives a verdict: monitoring.
    case verdictView
    /// A manager's view, or one that gives a verdict.
    case detectingView
    /// The storage's view.
    case storageView
    /// The whole run: the key has no subject.
    case run
  }

  package var subject: Subject {
    switch self {
    case .downtime, .outages, .longestOutage, .timeToRecover, .failedRequests, .latencyP99: .probe
    case .lost, .torn: .appendProbe
    case .timeToFailOver: .vm
    case .timeToDetect: .detectingView
    case .blindness, .falseAlarm: .verdictView
    case .falseDown, .falseUp, .wrongHost: .managerView
    case .timeToFullRedundancy, .splitBrain: .storageView
    case .timeToEffect, .residue: .run
    }
  }
}
