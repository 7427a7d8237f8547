/// The attempts to deliver a notice to a channel.
package struct Delivery: Equatable, Sendable {
  package struct Key: Hashable, Sendable {
    package var notice: String
    package var channel: String

    package init(_ notice: String, _ channel: String) {
      self.notice = notice
      self.channel = channel
    }
  }

  package var key: Key
  package var occasion: String
  /// The time of the last attempt.
  package var at: Int
  package var attempts: Int
  package var isSent: Bool
  /// The receiver's answer, or the reason of the failure.
  package var answer: String

  /// Nil if a line isn't about a delivery.
  init?(_ entry: ScheduleEntry) {
    guard let notice = entry.notice, let channel = entry.channel else { return nil }
    key = Key(notice, channel)
    occasion = entry.occasion ?? ""
    at = entry.at
    attempts = entry.attempts ?? 1
    isSent = entry.event == .sent
    answer = entry.reason ?? ""
  }

  /// The time of the next attempt: the pause doubles with each failure, from one tick on.
  var next: Int { at + Schedule.tick << min(max(attempts - 1, 0), 16) }
}
