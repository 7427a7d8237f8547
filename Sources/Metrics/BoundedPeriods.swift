import Scenario

/// Disjoint periods of time, in order.
struct Periods: Equatable {
  struct Period: Equatable {
    var begin: Nanoseconds
    var end: Nanoseconds
  }

  private(set) var all: [Period] = []

  /// The union of periods in any order. Empty periods are left out.
  init(_ periods: some Sequence<(begin: Nanoseconds, end: Nanoseconds)>) {
    for period in periods.filter({ $0.begin < $0.end }).sorted(by: { $0.begin < $1.begin }) {
      if let last = all.indices.last, all[last].end >= period.begin {
        all[last].end = max(all[last].end, period.end)
      } else {
        all.append(Period(begin: period.begin, end: period.end))
      }
    }
  }

  var length: Nanoseconds { all.reduce(.zero) { $0 + ($1.end - $1.begin) } }

  func union(_ other: Periods) -> Periods { Periods((all + other.all).map { ($0.begin, $0.end) }) }

  func intersection(_ other: Periods) -> Periods {
    var shared: [(begin: Nanoseconds, end: Nanoseconds)] = []
    var (here, there) = (0, 0)
    while here < all.count, there < other.all.count {
      let (one, two) = (all[here], other.all[there])
      shared.append((max(one.begin, two.begin), min(one.end, two.end)))
      if one.end < two.end { here += 1 } else { there += 1 }
    }
    return Periods(shared)
  }

  /// The complement within a period of time.
  func complement(from begin: Nanoseconds, to end: Nanoseconds) -> Periods {
    var gaps: [(begin: Nanoseconds, end: Nanoseconds)] = []
    var at = begin
    for period in all where period.end > begin && period.begin < end {
      gaps.append((at, period.begin))
      at = period.end
    }
    return Periods(gaps + [(at, end)])
  }
}

/// Periods of a state whose ends are known with bounds: the state lasted for all of `certain`, and at most for all of
/// `possible`.
struct BoundedPeriods {
  var estimate: Periods
  var certain: Periods
  var possible: Periods

  /// Periods whose ends are intervals.
  init(_ periods: [(begin: Interval, end: Interval)]) {
    estimate = Periods(periods.map { ($0.begin.estimate, $0.end.estimate) })
    certain = Periods(periods.map { ($0.begin.high, $0.end.low) })
    possible = Periods(periods.map { ($0.begin.low, $0.end.high) })
  }

  init(estimate: Periods, certain: Periods, possible: Periods) {
    self.estimate = estimate
    self.certain = certain
    self.possible = possible
  }

  static let none = BoundedPeriods([])

  func union(_ other: BoundedPeriods) -> BoundedPeriods {
    BoundedPeriods(
      estimate: estimate.union(other.estimate), certain: certain.union(other.certain),
      possible: possible.union(other.possible))
  }

  func intersection(_ other: BoundedPeriods) -> BoundedPeriods {
    BoundedPeriods(
      estimate: estimate.intersection(other.estimate), certain: certain.intersection(other.certain),
      possible: possible.intersection(other.possible))
  }

  /// The complement within a period of time.
  func complement(from begin: Nanoseconds, to end: Nanoseconds) -> BoundedPeriods {
    BoundedPeriods(
      estimate: estimate.complement(from: begin, to: end), certain: possible.complement(from: begin, to: end),
      possible: certain.complement(from: begin, to: end))
  }

  /// The total duration.
  var length: Interval {
    Interval(estimate: estimate.length, low: certain.length, high: possible.length)
  }
}
