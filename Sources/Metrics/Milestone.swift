import Journal
import Scenario

/// A point on the way from the first effect back to a whole platform.
package struct Milestone: Encodable, Equatable, Sendable {
  /// Which.
  package var kind: Kind
  /// When, minus the trial's first effect.
  package var time: Span

  /// The points, in the order in which a platform usually passes them.
  package enum Kind: String, Codable, CaseIterable, Sendable {
    /// A manager's view first showed something broken.
    case detected
    /// The last virtual machine that was hit answered from elsewhere or from another boot.
    case failedOver = "failed-over"
    /// The last fault was over: verified to be reverted, or ended before by others.
    case faultOver = "fault-over"
    /// The last probe's first outage was over: no later than its first good answer came, since a service that hangs may
    /// answer a request much later than it was sent.
    case serviceBack = "service-back"
    /// The last probe's first stable window began.
    case stable
    /// Storage was whole to stay.
    case fullRedundancy = "full-redundancy"
  }

  /// The milestones that apply to a trial: those measured in the order of their time, then the censored ones.
  static func all(
    effective: Interval, leases: [LeaseMetrics], probes: [ProbeMetrics], storage: [StorageMetrics],
    detections: [Detection], failOvers: [FailOver]
  ) -> [Milestone] {
    var milestones: [Milestone] = []
    func add(_ kind: Kind, _ span: Span?) {
      switch span {
      case .measured(let interval) where interval.high == .zero: break
      case .measured, .censored: if let span { milestones.append(Milestone(kind: kind, time: span)) }
      case .notObserved, nil: break
      }
    }
    let detected = detections.compactMap(\.time.interval).min { $0.estimate < $1.estimate }
    add(.detected, detected.map { .measured($0) } ?? Span.longest(detections.map(\.time)))
    add(.failedOver, Span.longest(failOvers.map(\.time)))
    let over = leases.compactMap(\.over).max { $0.estimate < $1.estimate }
    add(.faultOver, over.map { .measured($0.since(effective).notNegative) })
    add(
      .serviceBack,
      Span.longest(
        probes.compactMap { probe in
          guard let outage = probe.outages.first(where: { $0.lastFail >= effective.low }) else { return nil }
          guard let firstOk = outage.firstOk, let firstAnswer = outage.firstAnswer else {
            return .censored(moreThan: max(outage.lastFail - effective.high, .zero))
          }
          return .measured(
            Interval(estimate: firstOk, low: outage.lastFail, high: firstAnswer).since(effective).notNegative)
        }))
    add(.stable, Span.longest(probes.map(\.timeToRecover)))
    add(.fullRedundancy, Span.longest(storage.map(\.timeToFullRedundancy)))
    let order = Kind.allCases
    return milestones.sorted { left, right in
      let (leftTime, rightTime) = (left.time.interval?.estimate, right.time.interval?.estimate)
      guard let leftTime, let rightTime else { return leftTime != nil && rightTime == nil }
      let (leftPlace, rightPlace) = (
        order.firstIndex(of: left.kind) ?? 0, order.firstIndex(of: right.kind) ?? 0
      )
      return (leftTime, leftPlace) < (rightTime, rightPlace)
    }
  }
}
