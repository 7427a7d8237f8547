import Scenario
import Testing

@testable import Runner

/// Exchanges are dated around `now`, since the drift counts from them.
@Suite struct HostClockTests {
  private let ms: Int64 = 1_000_000
  private let now: Int64 = 1_000_000_000_000_000
  private var present: Nanoseconds { Nanoseconds(now) }

  /// An exchange of a host whose clock is ahead by `offset`, with the host's answer `skew` off the middle.
  private func exchange(
    _ clock: inout HostClock, offset: Int64, roundTrip: Int64, skew: Int64 = 0, at asked: Int64
  ) {
    clock.take(
      asked: Nanoseconds(asked), host: Nanoseconds(asked + roundTrip / 2 + offset + skew),
      answered: Nanoseconds(asked + roundTrip))
  }

  @Test("Before any exchange the uncertainty is more than a year")
  func beforeAnyExchangeNothingIsKnown() {
    let clock = HostClock()
    #expect(clock.offset(at: present) == .zero)
    #expect(clock.uncertainty(at: present) > .seconds(86_400 * 365))
  }

  @Test("The offset is computed from the middle of the exchange")
  func theOffsetIsFromTheMiddleOfTheExchange() {
    var clock = HostClock()
    exchange(&clock, offset: -5000 * ms, roundTrip: 2 * ms, at: now)
    #expect(clock.offset(at: present) == .seconds(-5))
    #expect(clock.onController(.seconds(100), at: present)?.at == .seconds(105))
    #expect(clock.uncertainty(at: present) >= .milliseconds(1))
  }

  @Test("The fastest exchange decides, whenever it happened")
  func theBestExchangeWinsInAnyPosition() {
    for order in [[20, 1, 9], [1, 20, 9], [20, 9, 1]] as [[Int64]] {
      var clock = HostClock()
      for roundTrip in order {
        // The offset from a slow exchange is wrong by nearly half of its round trip.
        exchange(
          &clock, offset: 700 * ms, roundTrip: roundTrip * ms,
          skew: roundTrip > 1 ? roundTrip * ms / 2 - 1 : 0, at: now)
      }
      #expect(clock.offset(at: present) == .milliseconds(700), "\(order)")
    }
  }

  @Test("The true offset lies within the uncertainty")
  func theTruthLiesWithinTheUncertainty() {
    for skew in [-10, -3, 0, 7, 10] as [Int64] {
      var clock = HostClock()
      exchange(&clock, offset: 1000 * ms, roundTrip: 20 * ms, skew: skew * ms, at: now)
      let error = clock.offset(at: present) - .seconds(1)
      #expect(
        error <= clock.uncertainty(at: present) && Nanoseconds.zero - error <= clock.uncertainty(at: present),
        "skew \(skew)")
    }
  }

  @Test("Drift increases the uncertainty with time")
  func driftWidensIt() {
    var fresh = HostClock()
    var old = HostClock()
    exchange(&fresh, offset: 0, roundTrip: 2 * ms, at: now - 2 * ms)
    exchange(&old, offset: 0, roundTrip: 2 * ms, at: now - 1000 * 1000 * ms)
    // 50 parts per million of 1000 s.
    #expect(old.uncertainty(at: present) >= .milliseconds(50))
    #expect(old.uncertainty(at: present) - fresh.uncertainty(at: present) >= .milliseconds(49))
  }

  @Test("A recent exchange replaces a faster one of long ago")
  func aFreshExchangeBeatsABetterOneOfLongAgo() {
    var clock = HostClock()
    exchange(&clock, offset: 100 * ms, roundTrip: 2 * ms, at: now - 3_600_000 * ms)
    exchange(&clock, offset: 130 * ms, roundTrip: 10 * ms, at: now - 10 * ms)
    #expect(clock.offset(at: present) == .milliseconds(130))
  }

  @Test("The fastest exchange is kept among thousands")
  func theBestIsKeptAmongThousands() {
    var clock = HostClock()
    exchange(&clock, offset: 42 * ms, roundTrip: 2, at: now - 3)
    for _ in 0..<5000 { exchange(&clock, offset: 50 * ms, roundTrip: 16 * ms, at: now - 16 * ms) }
    #expect(clock.offset(at: present) == .milliseconds(42))
  }
}
