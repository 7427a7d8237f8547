import Journal
import Scenario
import Testing

@testable import Metrics

/// A service goes up and down, and an open-loop prober samples it. The computed bounds must contain the true downtime.
@Suite struct OutagePropertyTests {
  @Test("The true downtime of 10,000 random outages lies within the computed bounds")
  func truthLiesWithinTheBounds() {
    var random = SplitMix64(state: 20_261_123)
    var merged = 0
    var hidden = 0
    for number in 1...10_000 {
      let world = World(&random)
      var fold = OutageFold(most: 1000)
      for sample in world.samples { fold.take(sample) }
      fold.end()
      let outages = fold.outages
      var seen: Set<Int> = []
      for outage in outages {
        guard let first = outage.lastOk, let last = outage.firstOk, let interval = outage.length.interval
        else {
          Issue.record("case \(number): an outage without an ok on both sides, though both ends are up")
          continue
        }
        let within = Set(
          zip(world.samples, world.truth).compactMap { sample, down in
            sample.scheduled > first && sample.scheduled < last && sample.verdict == .fail ? down : nil
          })
        let length = within.reduce(Nanoseconds.zero) { $0 + world.length($1) }
        if within.count > 1 { merged += 1 }
        seen.formUnion(within)
        #expect(interval.low <= length && length <= interval.high, "case \(number): \(length) in \(interval)")
        #expect(interval.low <= interval.estimate && interval.estimate <= interval.high, "case \(number)")
      }
      // Outages that only unknown samples met are covered by the blind periods.
      let unseen = Set(world.truth.compactMap { $0 }).subtracting(seen)
      if !unseen.isEmpty { hidden += 1 }
      let bound = fold.downtime.interval?.high ?? .zero
      let total = seen.union(unseen).reduce(Nanoseconds.zero) { $0 + world.length($1) }
      #expect(total <= bound, "case \(number)")
    }
    #expect(merged > 0, "no case met two outages that look like one: the cases are too tame")
    #expect(hidden > 0, "no case met an outage behind unknown samples: the cases are too tame")
  }

  /// A timeline and its samples, every 100 ms. Requests arrive in the order in which they were sent, answers return in
  /// any order, and some samples are unknown.
  struct World {
    var downs: [(begin: Int64, end: Int64)] = []
    var samples: [Sample] = []
    /// For each sample, the outage that its request met.
    var truth: [Int?] = []

    init(_ random: inout SplitMix64) {
      var clock: Int64 = 1_000_000
      for _ in 0..<Int64.random(in: 0...4, using: &random) {
        clock += .random(in: 250_000...2_000_000, using: &random)
        let end = clock + .random(in: 1_000...3_000_000, using: &random)
        downs.append((clock, end))
        clock = end
      }
      let count = (clock + 1_000_000) / 100_000
      let timesOut = Bool.random(using: &random)
      let unknownPercent = [0, 0, 5, 40].randomElement(using: &random) ?? 0
      for index in 0..<count {
        let due = index * 100_000
        let arrival = due + .random(in: 0..<100_000, using: &random)
        let down = downs.firstIndex { $0.begin <= arrival && arrival < $0.end }
        let answer = arrival + .random(in: 0...400_000, using: &random)
        let edge = index < 5 || index >= count - 5
        let unknown = !edge && Int.random(in: 0..<100, using: &random) < unknownPercent
        truth.append(down)
        samples.append(
          Sample(
            trial: 1, probe: "p", sequence: index + 1, scheduled: Nanoseconds(due * 1000),
            sent: Nanoseconds(due * 1000),
            completed: Nanoseconds((down != nil && timesOut ? due + 1_000_000 : answer) * 1000),
            verdict: unknown ? .unknown : down == nil ? .ok : .fail, status: ""))
      }
    }

    func length(_ down: Int) -> Nanoseconds { Nanoseconds((downs[down].end - downs[down].begin) * 1000) }
  }

  /// Steele, Lea, Flood: "Fast splittable pseudorandom number generators".
  struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
  }
}
