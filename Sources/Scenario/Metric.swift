/// The metrics of a run, by the names that objectives use.
///
/// A new one is a case and its description here, and its value in `TrialMetrics.figure`. Parser, schema, `murphy metrics`,
/// README's table, reports and the OpenMetrics export iterate over them.
package enum Metric: String, Codable, CaseIterable, Sendable {
  case timeToEffect = "time-to-effect"
  case downtime
  case outages
  case longestOutage = "longest-outage"
  case disruption
  case timeToRecover = "time-to-recover"
  case degraded
  case failedRequests = "failed-requests"
  case latencyP99 = "latency-p99"
  case lost
  case torn
  case stale
  case indeterminate
  case differingReplicas = "differing-replicas"
  case recoveryPoint = "recovery-point"
  case timeToFailOver = "time-to-fail-over"
  case actions
  case timeToDetect = "time-to-detect"
  case blindness
  case falseAlarm = "false-alarm"
  case falseDown = "false-down"
  case falseUp = "false-up"
  case wrongHost = "wrong-host"
  case noReport = "no-report"
  case timeToFullRedundancy = "time-to-full-redundancy"
  case exposure
  case splitBrain = "split-brain"
  case lostVMTime = "lost-vm-time"
  case residue

  package var description: Description {
    switch self {
    case .timeToEffect:
      .init(
        .duration, of: .run,
        "from the request to inject to the verified effect; the longest of the run's faults")
    case .downtime: .init(.duration, of: .probe, "sum of the probe's outages", [.grows])
    case .outages: .init(.count, of: .probe, "number of the probe's outages", [.grows])
    case .longestOutage: .init(.duration, of: .probe, "the probe's longest outage", [.grows])
    case .disruption:
      .init(
        .duration, of: .probe,
        "the longest time in which the service gave no answer, or none within the `mbco` of `services`",
        [.grows])
    case .timeToRecover:
      .init(.duration, of: .probe, "from the effect to the start of the first stable window")
    case .degraded:
      .init(
        .duration, of: .probe,
        "how long the probe's service answered later than its normal latency, apart from its outages",
        [.grows])
    case .failedRequests:
      .init(
        .count, of: .probe,
        "requests that failed, that could not be sent in time, or whose answer is unknown", [.grows])
    case .latencyP99:
      .init(
        .duration, of: .probe, "99th percentile of the probe's latency while faults were active",
        [.grows, .isLatency])
    case .lost:
      .init(.count, of: .appendProbe, "acknowledged writes that are absent after recovery", [.isDamage])
    case .torn:
      .init(
        .count, of: .appendProbe, "acknowledged writes of which only a part is left after recovery",
        [.isDamage])
    case .stale:
      .init(
        .count, of: .appendProbe,
        "acknowledged writes in whose place an older state was seen, after recovery or by a later write",
        [.isDamage])
    case .indeterminate:
      .init(
        .count, of: .appendProbe,
        "writes without an acknowledgement, which may be there or not", [.grows])
    case .differingReplicas:
      .init(
        .count, of: .appendProbe,
        "replicas that differ from the others after recovery", [.isDamage])
    case .recoveryPoint:
      .init(
        .duration, of: .appendProbe,
        "from the acknowledgement of the last write before the first lost one to that of the last lost one; 0 if none is lost",
        [.isDamage])
    case .timeToFailOver:
      .init(.duration, of: .vm, "from the effect to the first answer from another host or another boot")
    case .actions:
      .init(
        .count, of: .vm,
        "how often the virtual machine started or stopped on a host, from the effect on, also by the fault itself; a move is both",
        [.grows])
    case .timeToDetect:
      .init(
        .duration, of: .detectingView,
        "from the effect until the view shows the broken object as unhealthy")
    case .blindness:
      .init(
        .duration, of: .verdictView,
        "how long the view reported no problem while a probe of the run was down", [.grows])
    case .falseAlarm:
      .init(
        .duration, of: .verdictView,
        "how long the view had a complaint while no probe was down, no fault was active and storage was whole",
        [.grows])
    case .falseDown:
      .init(
        .duration, of: .managerView,
        "total time in which the view showed a host that was up as not online, or a machine that ran as not running",
        [.grows]
      )
    case .falseUp:
      .init(
        .duration, of: .managerView,
        "total time in which the view showed a virtual machine as running that ran on no host", [.grows])
    case .wrongHost:
      .init(
        .duration, of: .managerView,
        "total time in which the view showed a virtual machine on a host on which it did not run", [.grows])
    case .noReport:
      .init(
        .duration, of: .detectingView, "total time in which the view gave no report, after its first one",
        [.grows])
    case .timeToFullRedundancy:
      .init(
        .duration, of: .storageView, "from the effect until storage is whole again and stays so", [.grows])
    case .exposure:
      .init(
        .duration, of: .storageView,
        "how long a copy of the data was missing or outdated, from the effect on", [.grows])
    case .splitBrain:
      .init(.count, of: .storageView, "most entries in split-brain at once", [.grows, .isDamage])
    case .lostVMTime:
      .init(
        .duration, of: .run,
        "sum over the virtual machines of the time in which each ran on no host, or was cut off from its clients",
        [.grows])
    case .residue:
      .init(.count, of: .run, "differences between the hosts' state before and after", [.isDamage])
    }
  }

  /// What everything but its computation needs to know about a metric.
  package struct Description: Sendable {
    package let unit: Unit
    package let subject: Subject
    package let traits: Traits
    /// Its definition in one line.
    package let summary: String

    fileprivate init(_ unit: Unit, of subject: Subject, _ summary: String, _ traits: Traits = []) {
      self.unit = unit
      self.subject = subject
      self.traits = traits
      self.summary = summary
    }
  }

  package struct Traits: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The value can still grow while a trial is observed.
    package static let grows = Traits(rawValue: 1)
    /// It counts damage. Damage counts even if the fault was shorter than planned, or the probe's samples are in doubt.
    package static let isDamage = Traits(rawValue: 2)
    /// It is measured within each sample, so that the time between samples doesn't limit its resolution.
    package static let isLatency = Traits(rawValue: 4)
  }

  package enum Unit: String, Codable, Sendable {
    case duration
    case count
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

  package var unit: Unit { description.unit }
  package var subject: Subject { description.subject }
  package var summary: String { description.summary }
  package var traits: Traits { description.traits }
}

extension Metric.Subject {
  /// The subject of the metric's key.
  package var noun: String {
    switch self {
    case .probe: "a probe"
    case .appendProbe: "an append probe"
    case .vm: "a virtual machine"
    case .managerView: "a manager's view"
    case .verdictView: "a view that gives a verdict"
    case .detectingView: "a manager's view, or one that gives a verdict"
    case .storageView: "a storage view"
    case .run: "the run (no subject)"
    }
  }
}
