import Scenario

/// How a host's clock relates to the controller's, from questions and answers: the offset of the best exchange, known
/// to half of its round trip and the drift since (Cristian, "Probabilistic clock synchronization", 1989).
package struct HostClock: Sendable {
  private struct Exchange {
    var offset: Nanoseconds
    var halfRoundTrip: Nanoseconds
    var at: Nanoseconds

    /// Clocks that are not synchronised drift apart by up to 50 parts in a million.
    func uncertainty(at now: Nanoseconds) -> Nanoseconds {
      halfRoundTrip + Nanoseconds(abs(now.count - at.count) / 20_000)
    }
  }

  private var exchanges: [Exchange] = []
  private static let kept = 64

  /// A clock of which nothing is known yet.
  package init() {}

  /// Takes an exchange: when it was asked, what the host's clock said, when the answer came.
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

  /// What the offset may be off by, at a time of the controller's; a century where nothing was asked yet.
  package func uncertainty(at now: Nanoseconds) -> Nanoseconds {
    best(at: now)?.uncertainty(at: now) ?? Nanoseconds(3_000_000_000_000_000_000)
  }

  /// A time of the host's on the controller's clock, and what it may be off by: by the exchange that was best for that
  /// time. Nil where nothing was asked yet.
  package func onController(
    _ host: Nanoseconds, at now: Nanoseconds
  ) -> (at: Nanoseconds, uncertainty: Nanoseconds)? {
    guard let near = best(at: host - offset(at: now)) else { return nil }
    let at = host - near.offset
    return (at, near.uncertainty(at: at))
  }
}
