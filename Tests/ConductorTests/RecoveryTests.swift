import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// The ends of the recovery phase.
@Suite struct RecoveryTests {
  private func span(_ rehearsal: Rehearsal) throws -> Nanoseconds {
    let begin = try #require(rehearsal.time(of: "phase recovery"))
    return try #require(rehearsal.time(of: "phase audit")) - begin
  }

  @Test("A stable window ends the recovery phase")
  func aStableWindowEndsIt() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    #expect(try span(rehearsal) >= .seconds(3))
  }

  @Test("Each failure restarts the stable window")
  func theWindowBeginsAnewWithEachFailure() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.website = { rehearsal in
      guard let begin = rehearsal.time(of: "phase recovery") else { return .ok }
      return rehearsal.now - begin < .seconds(20) ? .fail : .ok
    }
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    let span = try span(rehearsal)
    // Samples come every half second.
    #expect(span > .seconds(22) && span < .seconds(24), "it took \(span)")
  }

  @Test("Answers slower than the baseline's band are not stable")
  func answersThatAreTooSlowAreNotStable() {
    // The probe is ok, but its answers are far outside the baseline's band.
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.latency = { $0.now < .seconds(9) ? .milliseconds(1) : .seconds(1) }
    rehearsal.run()
    #expect(rehearsal.story.contains { $0 == "recovery no-progress" || $0 == "recovery cap" })
  }

  @Test("A service that only answers late is reported with its late answers")
  func lateAnswers() {
    var history = ProbeHistory(of: .rehearsal(), in: .tdf)
    func take(_ number: Int64, _ latency: Nanoseconds, isSteady: Bool) {
      let due = Nanoseconds.milliseconds(500) * number
      let sample = Sample(
        trial: 1, probe: "website", sequence: number + 1, scheduled: due, sent: due, completed: due + latency,
        verdict: .ok, status: "200", boot: nil)
      let end = history.take(sample, isSteady: isSteady)
      #expect(end == nil)
    }
    for number in 0..<Int64(20) { take(number, .milliseconds(1), isSteady: true) }
    let reasons = history.takeBaseline(until: .seconds(10))
    #expect(reasons.isEmpty)
    for number in 20..<Int64(40) { take(number, .seconds(1), isSteady: false) }
    #expect(
      history.unstable("website", since: .seconds(10), at: .seconds(20))
        == "website: 6 of 6 samples were answered later than normal in the last 3s")
  }

  @Test("The recovery phase waits for requests that are still open, since they may fail")
  func aSampleUnderWayIsWaitedFor() throws {
    // One sample near the window's end fails by its timeout, and its successors are answered quickly.
    let rehearsal = Rehearsal(.rehearsal())
    func isBad(_ rehearsal: Rehearsal) -> Bool {
      guard let begin = rehearsal.time(of: "phase recovery") else { return false }
      return rehearsal.now - begin >= .milliseconds(2400) && rehearsal.now - begin < .milliseconds(2900)
    }
    rehearsal.website = { isBad($0) ? .fail : .ok }
    rehearsal.latency = { isBad($0) ? .milliseconds(990) : .milliseconds(1) }
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    #expect(rehearsal.samples.count { $0.verdict == .fail } == 1)
    #expect(try span(rehearsal) > .milliseconds(5400))
  }

  @Test("A platform without progress ends the recovery phase")
  func nothingThatMovesOnEndsIt() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.website = { $0.story.contains("phase recovery") ? .fail : .ok }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("recovery no-progress"))
    let span = try span(rehearsal)
    #expect(span >= .seconds(30) && span < .seconds(32))
  }

  @Test("The cap ends the recovery phase even if the platform makes progress")
  func theCapEndsItWhateverMoves() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.manager = { rehearsal in
      var state = rehearsal.managerByTruth
      if rehearsal.story.contains("phase recovery") {
        state.resources["web"]?.nodes = ["host-\(rehearsal.now.count)", "falco"]
      }
      return state
    }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("recovery cap"))
    let span = try span(rehearsal)
    #expect(span >= .seconds(120) && span < .seconds(122))
  }

  @Test("A view that reports an unhealthy state extends the recovery phase")
  func anUnwellViewHoldsItUp() throws {
    let rehearsal = Rehearsal(.rehearsal(views: ["storage"]))
    rehearsal.storage = { rehearsal in
      let isHealing = rehearsal.time(of: "phase recovery").map { rehearsal.now - $0 < .seconds(15) } ?? false
      return StorageState(
        bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3, healBacklog: isHealing ? 5 : 0)
    }
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    #expect(try span(rehearsal) >= .seconds(15))
  }

  @Test("A host that can't be reached extends the recovery phase")
  func aHostThatIsGoneHoldsItUp() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.at(.seconds(12)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(40)) { $0.host("excelsior").mendCable() }
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    #expect(try #require(rehearsal.time(of: "recovery stable")) > .seconds(40))
  }
}
