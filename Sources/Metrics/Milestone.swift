import Journal
import Scenario

/// A point between the first effect and full recovery of the platform.
package struct Milestone: Encodable, Equatable, Sendable {
  package var kind: Kind
  /// The time of the milestone, minus the trial's first effect.
  package var time: Span

  /// The milestones, in their usual order.
  package enum Kind: String, Codable, CaseIterable, Sendable {
    /// A view of a manager or of monitoring first showed a failure.
    case detected
    /// The last affected virtual machine answered from another host or another boot.
    case failedOver = "failed-over"
    /// The last fault was over: its revert was verified, or something else ended it earlier.
    case faultOver = "fault-over"
    /// The last probe's first outage was over. The time is at most the arrival of the first good answer, since a
    /// service that hangs may answer a request much later than it was sent.
    case serviceBack = "service-back"
    /// The last probe's first stable window began.
    case stable
    /// The storage had full redundancy, and kept it.
    case fullRedundancy = "full-redundancy"
  }

  /// The milestones that apply to a trial: measured ones in order of time, then censored ones.
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
    // A later fault may be shown earlier after its own effect than the first one.
    let seen = detections.compactMap(\.seen).min { $0.estimate < $1.estimate }
    add(
      .detected,
      seen.map { .measured($0.since(effective).notNegative) } ?? Span.longest(detections.map(\.time)))
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
