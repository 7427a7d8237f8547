import AgentProtocol
import Journal
import Scenario
import Testing

@testable import Leases

@Suite struct WatchdogCourseTests {
  /// Follows a course until it ends. The reverts succeed from the given attempt on.
  private func follow(_ lease: LeaseTerms, _ log: LeaseStatus?, succeedsAt: Int = 1) -> [String] {
    var course = WatchdogCourse(of: lease)
    var acts: [String] = []
    var attempts = 0
    var act = course.handle(.observed(nil, log))
    while true {
      switch act {
      case .observe:
        acts.append("observe")
        return acts
      case .undo:
        acts.append("undo")
        act = course.handle(.undone)
      case .pause(let span):
        acts.append("pause \(span.count / 1_000_000)")
        act = course.handle(.paused)
      case .revert:
        acts.append("revert")
        attempts += 1
        act = course.handle(.reverted(attempts == succeedsAt))
      case .end: return acts
      }
    }
  }

  @Test("A watchdog reverts once and ends")
  func once() { #expect(follow(.of(), .after(.injecting)) == ["revert"]) }

  @Test("A failed revert is repeated after a second until it succeeds")
  func again() {
    #expect(
      follow(.of(), .after(.injecting), succeedsAt: 3)
        == ["revert", "pause 1000", "revert", "pause 1000", "revert"])
  }

  @Test("A fault that a daemon may still inject is undone once a second for 35 s")
  func doubt() {
    for log in [LeaseStatus.after(.injecting), nil] {
      let acts = follow(.of(isByDaemon: true), log)
      #expect(acts.filter { $0 == "undo" }.count == 35)
      #expect(acts.last == "revert")
    }
    #expect(follow(.of(isByDaemon: true), .after(.injecting, .effective(.seen))) == ["revert"])
  }

  @Test("The watchdog of a live agent begins 20 ms after the deadline")
  func begins() { #expect(WatchdogCourse.begins(.of()) == .seconds(100) + .milliseconds(20)) }
}
