/// The end of a wait, on the monotonic clock. Every wait has one.
struct Deadline {
  private let end: Int64?

  init(_ limit: Duration?) {
    end = limit.map { limit in
      let (seconds, attoseconds) = limit.components
      return Clock.monotonic.now + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
  }

  var isOver: Bool { end.map { $0 <= Clock.monotonic.now } ?? false }

  /// The remaining time, rounded up, as poll(2) takes it.
  var milliseconds: Int32 {
    guard let end else { return -1 }
    return Int32(clamping: max(0, (end - Clock.monotonic.now + 999_999) / 1_000_000))
  }
}
