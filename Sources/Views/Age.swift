import FoundationEssentials
import Scenario

extension Nanoseconds {
  /// An age in seconds that a source reports. Nil if it isn't one: no number, or more than 30 years.
  init?(age seconds: Double) {
    guard seconds >= 0, seconds < 1e9 else { return nil }
    self.init(Int64(seconds * 1e9))
  }
}

extension Date {
  /// The value of HTTP's field `Date`, as RFC 9110 5.6.7 recommends it: `Sat, 28 Nov 2026 11:37:11 GMT`. Nil for another
  /// form.
  init?(http text: String) {
    let words = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])),
      let date = try? Date(
        "\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z", strategy: .iso8601)
    else { return nil }
    self = date
  }
}
