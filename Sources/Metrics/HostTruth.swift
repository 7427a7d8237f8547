import Journal
import Scenario

/// The truth against which beliefs are compared.
extension TrialRecord {
  /// A host counts as lost only after some seconds without an answer.
  private static let silence = Nanoseconds.seconds(10)

  /// When a host was up: it answered, and no fault that breaks something was active on it.
  func up(_ host: String) -> BoundedPeriods {
    var losses: [(begin: Interval, end: Interval)] = []
    var lost: Nanoseconds?
    for entry in known where entry.at <= end {
      switch entry.event {
      case .hostLost(host, _): lost = lost ?? entry.at
      case .hostRegained(host):
        if let since = lost { losses.append((Self.loss(since), Interval(exactly: entry.at))) }
        lost = nil
      default: break
      }
    }
    if let since = lost { losses.append((Self.loss(since), Interval(exactly: end))) }
    for lease in leases where lease.victims(choices).contains(host) && !lease.breaksNothing(choices) {
      guard let effective = lease.effective else { continue }
      losses.append((effective, lease.over ?? Interval(exactly: end)))
    }
    return BoundedPeriods(losses).complement(from: begin, to: end)
  }

  private static func loss(_ noted: Nanoseconds) -> Interval {
    Interval(estimate: noted - silence, low: noted - silence, high: noted)
  }
}

extension Placement {
  var isObserved: Bool { if case .notObserved = runningTwice { false } else { true } }

  /// The time in which it ran. A host without reports may have run it: that time counts for the upper bound, and also
  /// for the estimate if the caller requests it.
  func running(on host: String? = nil, orUnseen: Bool = false, in trial: TrialRecord)
    -> BoundedPeriods
  {
    let segments = segments.filter { host == nil || $0.host == host }
    func bounded(_ segment: Segment) -> (begin: Interval, end: Interval) {
      (
        Interval(segment.begin, uncertainty: segment.begin == trial.begin ? .zero : segment.uncertainty),
        Interval(segment.end, uncertainty: segment.end == trial.end ? .zero : segment.uncertainty)
      )
    }
    let sure = BoundedPeriods(segments.filter { $0.state == .running }.map(bounded))
    let unseen = Periods(segments.filter { $0.state == nil }.map { ($0.begin, $0.end) })
    return BoundedPeriods(
      estimate: orUnseen ? sure.estimate.union(unseen) : sure.estimate, certain: sure.certain,
      possible: sure.possible.union(unseen))
  }
}
