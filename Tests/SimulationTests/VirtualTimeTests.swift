import Conductor
import Scenario
import Testing

@testable import Simulation

/// The parts of virtual time.
@Suite struct VirtualTimeTests {
  @Test("Events happen in the order of their times, and equal times keep their order")
  func whatIsDueFirstComesFirstAndEqualsKeepTheirOrder() {
    var random = SeededGenerator(seed: 5)
    var queue = EventQueue()
    var happened: [(time: Int64, number: Int)] = []
    for number in 0..<1000 {
      let time = Int64.random(in: 0..<100, using: &random)
      queue.add(at: Nanoseconds(time)) { happened.append((time, number)) }
    }
    while let next = queue.takeNext() { next.act() }
    #expect(happened.count == 1000)
    #expect(zip(happened, happened.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(
    "A timer on a drifting clock fires at its reading, not earlier",
    arguments: [-50, -1, 0, 17, 50] as [Int64])
  func aTimerFiresAtItsReadingAndNotBefore(drift: Int64) {
    let clock = DriftingClock(began: .seconds(3), offset: .seconds(1_000_000), drift: drift)
    for milliseconds in stride(from: 0, to: 1_000_000, by: 7919) as StrideTo<Int64> {
      let reading = clock.offset + .milliseconds(milliseconds)
      let time = clock.time(of: reading)
      #expect(clock.reading(at: time) >= reading)
      #expect(clock.reading(at: time - Nanoseconds(2000)) < reading)
    }
  }
}
