import Statistics

/// A slow change from run to run.
package struct Creep: Equatable, Sendable {
  package var runs: Int
  package var trend: Trend
  /// When the objective's limit is reached at this pace, in seconds since 1970; nil if the values don't rise, or if the
  /// limit is already reached.
  package var reaches: Int?

  static let level = 0.05
  /// No trend of fewer values can be shown at this level.
  static let fewest = 4

  /// Whether a trend is shown.
  package var isShown: Bool { trend.chance <= Self.level }

  package var direction: Direction { trend.rises > 0 ? .worse : .better }

  init?(_ values: [(run: RunRecord, value: BoundedValue)], limit: Double) {
    guard values.count >= Self.fewest, let last = values.last else { return nil }
    runs = values.count
    let times = values.map { Double($0.run.began) }
    trend = Trend(values.map(\.value), at: times)
    guard isShown, let slope = trend.slope, slope.low.isFinite, slope.high.isFinite else { return }
    let pace = (slope.low + slope.high) / 2
    let end = Double(last.run.began)
    // The line through the median of what remains without the slope.
    let remains = values.map { ($0.value.low + $0.value.high) / 2 - pace * (Double($0.run.began) - end) }
      .sorted()
    let now = remains[remains.count / 2]
    guard pace > 0, now < limit else { return }
    let seconds = (limit - now) / pace
    // Further away than a century, no date means anything.
    if seconds < 3.2e9 { reaches = Int(end + seconds) }
  }
}

import Scenario

/// The share of an objective's limit that a run used.
package struct MarginUsed: Equatable, Sendable {
  package var objective: Objective
  /// 0.9 for 90 %. The upper end is infinite for a value without an upper bound.
  package var low: Double
  package var high: Double

  init?(_ result: ObjectiveRecord) {
    guard result.objective.relation == .max, result.objective.limit > 0, let median = result.median else {
      return nil
    }
    objective = result.objective
    low = median.low / Double(objective.limit)
    high = median.high / Double(objective.limit)
  }
}

/// How old the latest result is.
package struct Age: Equatable, Sendable {
  /// The latest run that tested the platform, in seconds since 1970; nil if none did.
  package var last: Int?
  /// Seconds.
  package var now: Int
  package var period: Int
  /// Times longer than the period without a run that tested the platform.
  package var gaps: [Gap]

  package struct Gap: Equatable, Sendable {
    package var from: Int
    package var to: Int
    /// The reasons of the runs in this period that were refused.
    package var reasons: [String]
  }

  package var seconds: Int? { last.map { now - $0 } }

  /// Whether the latest result is older than the period.
  package var isStale: Bool { seconds.map { $0 > period } ?? true }

  init(_ runs: [RunRecord], now: Int, period: Int) {
    (self.now, self.period) = (now, period)
    let made = runs.filter(\.isMade).map(\.began)
    last = made.last
    gaps = zip(made, made.dropFirst()).filter { $1 - $0 > period }.map { from, to in
      Gap(
        from: from, to: to,
        reasons: runs.filter { $0.began > from && $0.began < to && !$0.isMade }.compactMap(\.reason))
    }
  }
}
