/// A day of the Gregorian calendar, in UTC.
struct CalendarDay: Equatable {
  let year: Int
  let month: Int
  let day: Int

  /// - Parameter seconds: since 1970.
  init(_ seconds: Int) {
    // The algorithm is Howard Hinnant's; see https://howardhinnant.github.io/date_algorithms.html#civil_from_days.
    let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400 + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let ofEra = days - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * ofYear + 2) / 153
    day = ofYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]

  /// `2026-11-23`.
  var text: String { "\(year)-\(Self.padded(month))-\(Self.padded(day))" }
  /// `November 2026`.
  var monthText: String { "\(Self.months[month - 1]) \(year)" }
  /// `Nov`.
  var shortMonth: String { String(Self.months[month - 1].prefix(3)) }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
