import Scenario

/// A duration, as far as a run could measure it.
package enum Span: Equatable, Sendable {
  /// Its beginning and its end were observed.
  case measured(Interval)
  /// It had not ended when observation ended, so it is longer than this. It counts as infinite and is never averaged.
  case censored(moreThan: Nanoseconds)
  /// There was nothing to measure, for this reason.
  case notObserved(reason: String)

  /// The interval, if it was measured.
  package var interval: Interval? {
    if case .measured(let interval) = self { return interval }
    return nil
  }

  /// The sum of spans. It is censored if any of them is censored, since its end is then unknown too.
  static func sum(_ spans: [Span]) -> Span {
    var total = Interval.zero
    var censored = false
    for span in spans {
      switch span {
      case .measured(let interval): total = total + interval
      case .censored(let bound):
        censored = true
        total = total + Interval(exactly: bound)
      case .notObserved: return span
      }
    }
    return censored ? .censored(moreThan: total.low) : .measured(total)
  }

  /// The longest of spans. A censored span is longer than any measured one. An unobserved span counts only if there is
  /// no other. Nil if there are none.
  package static func longest(_ spans: [Span]) -> Span? {
    let censored = spans.compactMap { span -> Nanoseconds? in
      if case .censored(let bound) = span { return bound }
      return nil
    }
    let measured = spans.compactMap(\.interval)
    guard let estimate = measured.map(\.estimate).max(), let low = measured.map(\.low).max(),
      let high = measured.map(\.high).max()
    else { return censored.max().map { .censored(moreThan: $0) } ?? spans.first }
    if let bound = censored.max() { return .censored(moreThan: max(bound, low)) }
    return .measured(Interval(estimate: estimate, low: low, high: high))
  }
}

extension Span: Encodable {
  private enum Key: String, CodingKey {
    case estimate, low, high
    case censoredAbove = "censored-above"
    case notObserved = "not-observed"
  }

  /// Writes `{"estimate":…,"low":…,"high":…}`, `{"censored-above":…}` or `{"not-observed":"why"}`; times are
  /// nanoseconds.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .measured(let interval):
      try container.encode(interval.estimate, forKey: .estimate)
      try container.encode(interval.low, forKey: .low)
      try container.encode(interval.high, forKey: .high)
    case .censored(let bound): try container.encode(bound, forKey: .censoredAbove)
    case .notObserved(let reason): try container.encode(reason, forKey: .notObserved)
    }
  }
}
