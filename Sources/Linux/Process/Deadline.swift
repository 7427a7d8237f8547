/// The end of a wait, on the monotonic clock; none waits without an end.
struct Deadline {
  private let end: Int64?

  init(_ limit: Duration?) {
    end = limit.map { limit in
      let (seconds, attoseconds) = limit.components
      return Clock.monotonic.now + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
  }

  var isOver: Bool { end.map { $0 <= Clock.monotonic.now } ?? false }

  /// What is left, rounded up, in the form of poll(2).
  var milliseconds: Int32 {
    guard let end else { return -1 }
    return Int32(clamping: max(0, (end - Clock.monotonic.now + 999_999) / 1_000_000))
  }
}
