import Synchronization
import Testing

@testable import Probes

struct WallClockTests {
  @Test("A wall clock that is moved in any direction by more than a minute is noticed, until it is corrected")
  func moved() {
    let offset = Mutex<Int64>(1_700_000_000_000_000_000)
    let clock = WallClock { offset.withLock { $0 } }
    func move(_ seconds: Int64) -> Bool {
      offset.withLock { $0 += seconds * 1_000_000_000 }
      return clock.hasMoved
    }
    #expect(!move(0) && !move(50))
    #expect(move(20))
    #expect(!move(-20) && move(-3600))
    #expect(!move(3550))
  }

  @Test("Only the times of a certificate are compared with the wall clock")
  func results() {
    for status in ["expired", "not-yet-valid"] { #expect(AttemptResult.fail(status).isByWallClock) }
    #expect(!AttemptResult.fail("untrusted").isByWallClock && !AttemptResult.ok("200").isByWallClock)
  }
}
