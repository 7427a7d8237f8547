import Metrics
import Scenario

/// The format of measurements, the same in every report and independent of the locale.
enum Figures {
  enum Rounding { case nearest, down, up }

  /// A unit of time, with its decimals.
  private struct Unit {
    let name: String
    let size: Int64
    let decimals: Int

    static func fitting(_ largest: Nanoseconds) -> Unit {
      switch largest.count.magnitude {
      case 1_000_000_000...: Unit(name: "s", size: 1_000_000_000, decimals: 1)
      case 10_000_000...: Unit(name: "ms", size: 1_000_000, decimals: 0)
      case 1_000_000...: Unit(name: "ms", size: 1_000_000, decimals: 1)
      case 1...: Unit(name: "µs", size: 1000, decimals: 0)
      default: Unit(name: "s", size: 1_000_000_000, decimals: 1)
      }
    }

    func number(_ time: Nanoseconds, _ rounding: Rounding = .nearest) -> String {
      Figures.number(time.count, over: size, decimals: decimals, rounding)
    }
  }

  /// `count / size` with this number of decimals. Zero and whole numbers of a large unit are written without decimals.
  static func number(_ count: Int64, over size: Int64, decimals: Int, _ rounding: Rounding = .nearest)
    -> String
  {
    if count == 0 { return "0" }
    let scale = Int64((0..<decimals).reduce(1) { product, _ in product * 10 })
    let step = max(size / scale, 1)
    let magnitude = Int64(count.magnitude)
    // A bound is rounded outward, so that the written interval contains the measured one.
    let away = (rounding == .up) == (count > 0)
    let tenths =
      switch rounding {
      case .nearest: (magnitude + step / 2) / step
      case .down, .up: away ? (magnitude + step - 1) / step : magnitude / step
      }
    let sign = count < 0 && tenths > 0 ? "−" : ""
    let fraction = decimals == 0 ? "" : "." + padded(tenths % scale, decimals)
    return sign + grouped(tenths / scale) + fraction
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }

  /// For example `12,345`.
  static func grouped(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + text
  }

  /// For example `52.3 s`, `820 ms`, `3.4 ms`.
  static func time(_ time: Nanoseconds) -> String { Self.time(time, .nearest) }

  static func time(_ time: Nanoseconds, _ rounding: Rounding) -> String {
    let unit = Unit.fitting(time)
    return "\(unit.number(time, rounding)) \(unit.name)"
  }

  /// A time from a file, without unnecessary decimals: `60 s`, `1.5 s`.
  static func limit(_ time: Nanoseconds) -> String {
    time.count % 1_000_000_000 == 0 ? "\(grouped(time.count / 1_000_000_000)) s" : Self.time(time)
  }

  /// The time that people spent: `12 min`, `12 min 30 s`.
  static func spent(_ seconds: Int64) -> String {
    let parts = [(seconds / 60, "min"), (seconds % 60, "s")].filter { $0.0 > 0 }
    return parts.isEmpty ? "0 s" : parts.map { "\(grouped($0.0)) \($0.1)" }.joined(separator: " ")
  }

  /// For example `52.3 s (52.1 to 52.5)`.
  static func interval(_ interval: Interval) -> String {
    let unit = Unit.fitting(max(interval.high, interval.estimate))
    let estimate = "\(unit.number(interval.estimate)) \(unit.name)"
    if interval.low == interval.high { return estimate }
    return "\(estimate) (\(unit.number(interval.low, .down)) to \(unit.number(interval.high, .up)))"
  }

  /// For example `52.3 s (52.1 to 52.5)`, `more than 90.0 s, censored`, `not observed: why`.
  static func span(_ span: Span) -> String {
    switch span {
    case .measured(let interval): self.interval(interval)
    case .censored(let bound): "more than \(time(bound)), censored"
    case .notObserved(let reason): "not observed: \(reason)"
    }
  }

  /// Only the estimate, for a narrow column.
  static func short(_ span: Span) -> String {
    switch span {
    case .measured(let interval): time(interval.estimate)
    case .censored(let bound): "> \(time(bound))"
    case .notObserved: "–"
    }
  }

  static func count(_ count: Count) -> String {
    switch count {
    case .counted(let count): grouped(count)
    case .notObserved(let reason): "not observed: \(reason)"
    }
  }

  static func figure(_ figure: Figure) -> String {
    switch figure {
    case .span(let span): self.span(span)
    case .count(let count): self.count(count)
    }
  }

  /// A value of a metric, in its unit.
  static func value(_ value: Int64, of metric: Metric) -> String {
    switch metric.unit {
    case .duration: time(Nanoseconds(value))
    case .count: grouped(value)
    }
  }

  /// For example `at most 60 s`.
  static func demand(_ objective: Objective) -> String {
    let limit =
      switch objective.metric.unit {
      case .duration: self.limit(Nanoseconds(objective.limit))
      case .count: grouped(objective.limit)
      }
    return switch objective.relation {
    case .max: "at most \(limit)"
    case .min: "at least \(limit)"
    case .exactly: "exactly \(limit)"
    }
  }

  /// For example `33.2 %`, from millionths.
  static func percent(perMillion: Int) -> String {
    "\(number(Int64(perMillion), over: 10_000, decimals: 1)) %"
  }

  /// For example `6.8 % (6.6 to 7.0)`, `more than 120.4 %`.
  static func share(_ share: LimitShare) -> String {
    func number(_ value: Int64, _ rounding: Rounding = .nearest) -> String {
      Self.number(value, over: 10_000, decimals: 1, rounding)
    }
    guard let estimate = share.estimate, let high = share.high else {
      return "more than \(number(share.low, .down)) %"
    }
    return share.low == high
      ? "\(number(estimate)) %"
      : "\(number(estimate)) % (\(number(share.low, .down)) to \(number(high, .up)))"
  }

  /// For example `43.2 min`.
  static func minutes(_ time: Nanoseconds) -> String {
    "\(number(time.count, over: 60_000_000_000, decimals: 1)) min"
  }

  /// For example `43.2 min of a month at 99.9 %`.
  static func budget(_ budget: ErrorBudget) -> String {
    "\(minutes(budget.allowed)) of a month at \(availability(perMillion: budget.availabilityPerMillion))"
  }

  /// For example `99.9 %`, without unnecessary decimals.
  static func availability(perMillion: Int) -> String {
    let decimals =
      [(1, 10_000), (10, 1000), (100, 100), (1000, 10)].firstIndex { perMillion % $0.1 == 0 } ?? 4
    return "\(number(Int64(perMillion), over: 10_000, decimals: decimals)) %"
  }

  /// For example `1 outage`, `2 outages`.
  static func things(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? one : many ?? one + "s")"
  }
}
