import Scenario

/// A host's clock: it has an offset from the controller's clock, and runs slightly faster or slower.
struct DriftingClock {
  /// When the host booted, on the controller's clock.
  var began: Nanoseconds
  /// Its reading at that time.
  var offset: Nanoseconds
  /// How much faster it runs, in parts per million.
  var drift: Int64

  /// Its reading at a time of the controller's clock.
  func reading(at time: Nanoseconds) -> Nanoseconds {
    let elapsed = (time - began).count
    return offset + Nanoseconds(elapsed + elapsed / 1000 * drift / 1000)
  }

  /// The first time of the controller's clock at which it has a given reading.
  func time(of reading: Nanoseconds) -> Nanoseconds {
    let shown = (reading - offset).count
    var time = began + Nanoseconds(shown - shown / 1000 * drift / 1000)
    // The inverse is rounded up, so that a timer never fires early.
    while self.reading(at: time) < reading { time += max(reading - self.reading(at: time), Nanoseconds(1)) }
    return time
  }
}
