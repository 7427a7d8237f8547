import Scenario

/// The offset of a host's clock from the controller's, from questions and answers. The best exchange gives the offset.
/// Its uncertainty is half of that round trip, plus the drift since then (Cristian, "Probabilistic clock
/// synchronization", 1989).
package struct HostClock: Sendable {
  private struct Exchange {
    var offset: Nanoseconds
    var halfRoundTrip: Nanoseconds
    var at: Nanoseconds

    /// Unsynchronised clocks drift apart by at most 50 parts in a million.
    func uncertainty(at now: Nanoseconds) -> Nanoseconds {
      halfRoundTrip + Nanoseconds(abs(now.count - at.count) / 20_000)
    }
  }

  private var exchanges: [Exchange] = []
  private static let kept = 64

  /// A clock without any exchange.
  package init() {}

  /// Records an exchange: when the question was sent, the host's clock, and when the answer arrived.
  package mutating func take(asked: Nanoseconds, host: Nanoseconds, answered: Nanoseconds) {
    exchanges.append(
      Exchange(
        offset: Nanoseconds(host.count - (asked.count + answered.count) / 2),
        halfRoundTrip: Nanoseconds((answered.count - asked.count) / 2 + 1), at: answered))
    if exchanges.count > Self.kept, let worst = exchanges.indices.max(by: { before($0, $1, at: answered) }) {
      exchanges.remove(at: worst)
    }
  }

  private func before(_ left: Int, _ right: Int, at now: Nanoseconds) -> Bool {
    exchanges[left].uncertainty(at: now) < exchanges[right].uncertainty(at: now)
  }

  private func best(at time: Nanoseconds) -> Exchange? {
    exchanges.min { $0.uncertainty(at: time) < $1.uncertainty(at: time) }
  }

  /// The host's clock minus the controller's, at a time of the controller's.
  package func offset(at now: Nanoseconds) -> Nanoseconds { best(at: now)?.offset ?? .zero }

  /// The uncertainty of the offset at a time of the controller's clock; a century before the first exchange.
  package func uncertainty(at now: Nanoseconds) -> Nanoseconds {
    best(at: now)?.uncertainty(at: now) ?? Nanoseconds(3_000_000_000_000_000_000)
  }

  /// Converts a time of the host's clock to the controller's clock, with its uncertainty, by the exchange that was best
  /// for that time. Nil before the first exchange.
  package func onController(
    _ host: Nanoseconds, at now: Nanoseconds
  ) -> (at: Nanoseconds, uncertainty: Nanoseconds)? {
    guard let near = best(at: host - offset(at: now)) else { return nil }
    let at = host - near.offset
    return (at, near.uncertainty(at: at))
  }
}
