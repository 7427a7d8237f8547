import Scenario

extension Form {
  /// A duration, zero included.
  static let duration = Form(
    expected: "a duration such as 90s",
    schema: ["type": "string", "pattern": .text("^\(durationPattern)$")]
  ) { scalar in problem(ofDuration: scalar).map { Complaint(message: $0) } }

  /// A duration of more than zero.
  static let positiveDuration = Form(
    expected: "a duration such as 90s, more than zero",
    schema: ["type": "string", "pattern": "^[0-9]*[1-9][0-9]*(ns|us|ms|s|m|h)$"]
  ) { scalar in
    if let problem = problem(ofDuration: scalar) { return Complaint(message: problem) }
    guard let span = Nanoseconds(scalar.text), span > .zero else {
      return Complaint(message: "expected a duration of more than zero, found '\(scalar.text)'")
    }
    return nil
  }

  /// 30 days. Sums of durations up to this limit can't overflow.
  static let longestDuration = Nanoseconds.seconds(30 * 86_400)

  static let durationPattern = "[0-9]+(ns|us|ms|s|m|h)"

  static func problem(ofDuration scalar: Scalar) -> String? {
    let text = scalar.text
    if let span = Nanoseconds(text) {
      return span <= longestDuration
        ? nil : "'\(text.clipped)' is longer than \(longestDuration), the maximum"
    }
    switch scalar.reading {
    case .integer where text.hasPrefix("-"): return "a duration can't be negative: '\(text)'"
    case .integer: return "a duration needs its unit: did you mean '\(text)s'? (ns, us, ms, s, m or h)"
    case .trap(let read) where text.contains(":"):
      return "a duration has one number and one unit, such as 90s: YAML 1.1 reads '\(text)' as \(read)"
    case .null: return "expected a duration such as 90s, found nothing"
    default: return problem(ofDuration: text)
    }
  }

  static func problem(ofDuration text: String) -> String {
    let number = text.prefix { ("0"..."9").contains($0) }
    let rest = text.dropFirst(number.count)
    if text.hasPrefix("-") { return "a duration can't be negative: '\(text.clipped)'" }
    if number.isEmpty { return "expected a duration such as 90s, found '\(text.clipped)'" }
    let unit = rest.trimmingPrefix { $0 == " " }
    if unit.isEmpty { return "a duration needs its unit: did you mean '\(number)s'? (ns, us, ms, s, m or h)" }
    if rest.hasPrefix(".") {
      return "'\(text.clipped)': a duration has a whole number and a unit, such as 1500ms for 1.5s"
    }
    if let known = Self.unit(meantBy: String(unit)) {
      if Nanoseconds("\(number)\(known)") == nil { return "'\(text.clipped)' is too long" }
      return "'\(text.clipped)' is not a duration: did you mean '\(number)\(known)'?"
    }
    if ["d", "day", "days"].contains(unit), let days = Int64(number), days < 100_000 {
      return "'\(text.clipped)': days are not a unit: did you mean '\(days * 24)h'?"
    }
    return
      "'\(text.clipped)': a duration has one whole number and one unit (ns, us, ms, s, m or h), such as 90s"
  }

  private static func unit(meantBy text: String) -> String? {
    switch text.lowercased() {
    case "ns", "nanosecond", "nanoseconds": "ns"
    case "us", "µs", "μs", "usec", "microsecond", "microseconds": "us"
    case "ms", "msec", "msecs", "millis", "millisecond", "milliseconds": "ms"
    case "s", "sec", "secs", "second", "seconds": "s"
    case "m", "min", "mins", "minute", "minutes": "m"
    case "h", "hr", "hrs", "hour", "hours": "h"
    default: nil
    }
  }
}
