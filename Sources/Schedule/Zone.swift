import Foundation

/// A time zone of the tz database. Instants are in seconds since 1970.
package struct Zone: Hashable, Sendable {
  package let name: String
  private let rules: TimeZone

  /// Nil if there is no zone of this name. An abbreviation, such as `CET`, is not a name: it has no changes of the clocks.
  package init?(_ name: String) {
    guard name == "UTC" || name.contains("/"), let rules = TimeZone(identifier: name) else { return nil }
    self.name = name
    self.rules = rules
  }

  private init(utc rules: TimeZone) {
    name = "UTC"
    self.rules = rules
  }

  package static let utc = Zone(utc: .gmt)

  /// What its clocks add to UTC, in seconds.
  package func offset(at instant: Int) -> Int {
    rules.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
  }

  /// The instant of a time on the zone's clocks, in seconds since the start of 1970 on them.
  ///
  /// Of a time that the clocks show twice, it is the first. A time that they skip is counted with the offset before, as
  /// RFC 5545 (3.3.5) demands.
  package func instant(ofLocal local: Int) -> Int {
    let before = offset(at: local - 86_400)
    let after = offset(at: local + 86_400)
    if offset(at: local - before) != before, offset(at: local - after) == after { return local - after }
    return local - before
  }

  /// The instant of a time on a day, in seconds since midnight on the zone's clocks.
  package func instant(of day: Day, second: Int = 0) -> Int {
    instant(ofLocal: day.number * 86_400 + second)
  }

  package func local(_ instant: Int) -> Int { instant + offset(at: instant) }

  package func day(of instant: Int) -> Day {
    let local = local(instant)
    return Day((local >= 0 ? local : local - 86_399) / 86_400)
  }

  /// `2026-12-01 10:25 +01:00`.
  package func text(_ instant: Int) -> String {
    let offset = offset(at: instant)
    let day = day(of: instant)
    let minutes = (instant + offset - day.number * 86_400) / 60
    let ofOffset = abs(offset) / 60
    return "\(day) \(padded(minutes / 60)):\(padded(minutes % 60)) "
      + "\(offset < 0 ? "-" : "+")\(padded(ofOffset / 60)):\(padded(ofOffset % 60))"
  }
}
