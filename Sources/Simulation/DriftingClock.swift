import Scenario

/// A host's clock: it began somewhere, and runs a little fast or slow beside the controller's.
struct DriftingClock {
  /// When the host booted, on the controller's clock.
  var began: Nanoseconds
  /// What it showed then.
  var offset: Nanoseconds
  /// How much faster it runs, in parts in a million.
  var drift: Int64

  /// What it shows at a time of the controller's.
  func reading(at time: Nanoseconds) -> Nanoseconds {
    let elapsed = (time - began).count
    return offset + Nanoseconds(elapsed + elapsed / 1000 * drift / 1000)
  }

  /// The first time of the controller's at which it shows this much.
  func time(of reading: Nanoseconds) -> Nanoseconds {
    let shown = (reading - offset).count
    var time = began + Nanoseconds(shown - shown / 1000 * drift / 1000)
    // The inverse is rounded: a timer never fires before its time.
    while self.reading(at: time) < reading { time += max(reading - self.reading(at: time), Nanoseconds(1)) }
    return time
  }
}
