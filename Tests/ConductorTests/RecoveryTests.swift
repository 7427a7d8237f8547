import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// How waiting for recovery ends.
@Suite struct RecoveryTests {
  private func span(_ rehearsal: Rehearsal) throws -> Nanoseconds {
    let begin = try #require(rehearsal.time(of: "phase recovery"))
    return try #require(rehearsal.time(of: "phase audit")) - begin
  }

  private func isRecovering(_ rehearsal: Rehearsal) -> Bool { rehearsal.story.contains("phase recovery") }

  @Test func aStableWindowEndsIt() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    #expect(try span(rehearsal) >= .seconds(3))
  }

  @Test func theWindowBeginsAnewWithEachFailure() throws {
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

  @Test func answersThatAreTooSlowAreNotStable() {
    // The probe is well, its answers lie far outside of the baseline's band.
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.latency = { $0.now < .seconds(9) ? .milliseconds(1) : .seconds(1) }
    rehearsal.run()
    #expect(rehearsal.story.contains { $0 == "recovery no-progress" || $0 == "recovery cap" })
  }

  @Test("What is still under way is waited for: it may fail")
  func aSampleUnderWayIsWaitedFor() throws {
    // One sample of the window's end fails by its timeout, and its successors are answered at once.
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

  @Test func nothingThatMovesOnEndsIt() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.website = { $0.story.contains("phase recovery") ? .fail : .ok }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("recovery no-progress"))
    let span = try span(rehearsal)
    #expect(span >= .seconds(30) && span < .seconds(32))
  }

  @Test func theCapEndsItWhateverMoves() throws {
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

  @Test func anUnwellViewHoldsItUp() throws {
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

  @Test func aHostThatIsGoneHoldsItUp() throws {
    let rehearsal = Rehearsal(.rehearsal())
    rehearsal.host("falco").controlPath.links = []
    rehearsal.at(.seconds(12)) { $0.host("excelsior").cutCable() }
    rehearsal.at(.seconds(40)) { $0.host("excelsior").mendCable() }
    rehearsal.run()
    #expect(rehearsal.story.contains("recovery stable"))
    #expect(try #require(rehearsal.time(of: "recovery stable")) > .seconds(40))
  }
}
