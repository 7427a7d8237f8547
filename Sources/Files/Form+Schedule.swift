import Schedule

extension Form {
  /// A time of day, from 00:00 to 24:00.
  static let timeOfDay = text(
    "a time of day such as \"09:30\"", schema: ["pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"]
  ) { text in
    minutes(ofDay: text) == nil
      ? "expected a time of day such as \"09:30\", found '\(text.clipped)'" : nil
  }

  /// In minutes since midnight; nil for another text.
  static func minutes(ofDay text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hours = Int(parts[0]), let minutes = Int(parts[1]), minutes < 60, hours * 60 + minutes <= 1440
    else { return nil }
    return hours * 60 + minutes
  }

  /// A time zone of the tz database.
  static let timeZone = text(
    "a time zone such as Europe/Vienna",
    schema: ["pattern": "^(UTC|[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)+)$"]
  ) { text in
    Zone(text) == nil
      ? "unknown time zone '\(text.clipped)': expected UTC or a name of the tz database, such as Europe/Vienna"
      : nil
  }
}
