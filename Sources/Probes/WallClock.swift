import Linux

/// The wall clock since a start. If it is moved, it shows nothing about certificates any more.
struct WallClock {
  /// The wall clock minus the monotonic clock, in nanoseconds.
  private let offset: Int64
  private let read: @Sendable () -> Int64

  /// A smaller change decides about no certificate, and may be a correction by NTP.
  private static let most: Int64 = 60_000_000_000

  init(read: @escaping @Sendable () -> Int64 = { Clock.realtime.now - Clock.monotonic.now }) {
    self.read = read
    offset = read()
  }

  /// Whether it was moved by more than a minute since the start.
  var hasMoved: Bool { abs(read() - offset) > Self.most }
}
