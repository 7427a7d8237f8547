import Linux
import Scenario

/// How a host's clock stands to the controller's, from questions and answers: the offset of the best exchange, known
/// to half of its round trip and the drift since (Cristian, "Probabilistic clock synchronization", 1989).
package struct HostClock {
  private struct Exchange {
    var offset: Int64
    var halfRoundTrip: Int64
    var at: Int64

    /// Clocks that nobody holds together drift apart by up to 50 parts in a million.
    func uncertainty(at now: Int64) -> Int64 { halfRoundTrip + abs(now - at) / 20_000 }
  }

  private var exchanges: [Exchange] = []
  private static let kept = 64

  /// A clock of which nothing is known yet.
  package init() {}

  /// Takes an exchange: when it was asked, what the host's clock said, when the answer came.
  package mutating func take(asked: Int64, host: Int64, answered: Int64) {
    exchanges.append(
      Exchange(offset: host - (asked + answered) / 2, halfRoundTrip: (answered - asked) / 2 + 1, at: answered)
    )
    if exchanges.count > Self.kept, let worst = exchanges.indices.max(by: { before($0, $1, at: answered) }) {
      exchanges.remove(at: worst)
    }
  }

  private func before(_ left: Int, _ right: Int, at now: Int64) -> Bool {
    exchanges[left].uncertainty(at: now) < exchanges[right].uncertainty(at: now)
  }

  private func best(at time: Int64) -> Exchange? {
    exchanges.min { $0.uncertainty(at: time) < $1.uncertainty(at: time) }
  }

  /// The host's clock minus the controller's, now.
  var offset: Nanoseconds { offset(at: Clock.monotonic.now) }

  /// The host's clock minus the controller's, at a time of the controller's.
  package func offset(at now: Int64) -> Nanoseconds { Nanoseconds(best(at: now)?.offset ?? 0) }

  /// What the offset may be off by, now; a century where nothing was asked yet.
  var uncertainty: Nanoseconds { uncertainty(at: Clock.monotonic.now) }

  /// What the offset may be off by, at a time of the controller's.
  package func uncertainty(at now: Int64) -> Nanoseconds {
    Nanoseconds(best(at: now)?.uncertainty(at: now) ?? 3_000_000_000_000_000_000)
  }

  /// A time of the host's on the controller's clock, and what it may be off by: by the exchange that was best for that
  /// time. Nil where nothing was asked yet.
  func onController(_ host: Nanoseconds) -> (at: Nanoseconds, uncertainty: Nanoseconds)? {
    onController(host, at: Clock.monotonic.now)
  }

  /// The same, told at a time of the controller's.
  package func onController(_ host: Nanoseconds, at now: Int64) -> (
    at: Nanoseconds, uncertainty: Nanoseconds
  )? {
    guard let near = best(at: host.count - offset(at: now).count) else { return nil }
    let at = host.count - near.offset
    return (Nanoseconds(at), Nanoseconds(near.uncertainty(at: at)))
  }
}
