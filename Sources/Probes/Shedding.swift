/// Decides which requests are not sent, so that a prober beyond its capacity still sends as many as it can.
///
/// A request that is not sent takes no connection and almost no time. It is unknown, since it shows nothing about its
/// service.
struct Shedding {
  /// The time from which a request may be sent for which the machine may lack something.
  private var next = Int64.min

  /// The share of the thread's time that such requests may take: one in this number.
  private static let share: Int64 = 10

  /// The result of a request that must not be sent. Nil if it may be sent.
  ///
  /// - Parameters:
  ///   - every: the interval of its probe.
  ///   - lacks: whether the machine lacked something for the probe's last request: a port, a descriptor, memory.
  func result(of request: ProbeRequest, every: Int64, lacks: Bool) -> AttemptResult? {
    if request.sent - request.scheduled > every / 2 { return .unknown("late") }
    return lacks && request.sent < next ? .unsent : nil
  }

  /// Records the time of a request for which the machine lacked something. This may be long: the kernel tries all ports
  /// before it refuses.
  mutating func spend(from start: Int64, until end: Int64) { next = end + (end - start) * (Self.share - 1) }
}
