import Journal
import Scenario
import Testing

@testable import Conductor

/// How waiting for recovery ends.
@Suite struct RecoveryTests {
  private func span(_ world: World) throws -> Nanoseconds {
    let begin = try #require(world.time(of: "phase recovery"))
    return try #require(world.time(of: "phase audit")) - begin
  }

  private func isRecovering(_ world: World) -> Bool { world.story.contains("phase recovery") }

  @Test func aStableWindowEndsIt() throws {
    let world = World(.rehearsal())
    world.run()
    #expect(world.story.contains("recovery stable"))
    #expect(try span(world) >= .seconds(3))
  }

  @Test func theWindowBeginsAnewWithEachFailure() throws {
    let world = World(.rehearsal())
    world.website = { world in
      guard let begin = world.time(of: "phase recovery") else { return .ok }
      return world.now - begin < .seconds(20) ? .fail : .ok
    }
    world.run()
    #expect(world.story.contains("recovery stable"))
    let span = try span(world)
    // Samples come every half second.
    #expect(span > .seconds(22) && span < .seconds(24), "it took \(span)")
  }

  @Test func answersThatAreTooSlowAreNotStable() {
    // The probe is well, its answers lie far outside of the baseline's band.
    let world = World(.rehearsal())
    world.latency = { $0.now < .seconds(9) ? .milliseconds(1) : .seconds(1) }
    world.run()
    #expect(world.story.contains { $0 == "recovery no-progress" || $0 == "recovery cap" })
  }

  @Test("What is still under way is waited for: it may fail")
  func aSampleUnderWayIsWaitedFor() throws {
    // One sample of the window's end fails by its timeout, and its successors are answered at once.
    let world = World(.rehearsal())
    func isBad(_ world: World) -> Bool {
      guard let begin = world.time(of: "phase recovery") else { return false }
      return world.now - begin >= .milliseconds(2400) && world.now - begin < .milliseconds(2900)
    }
    world.website = { isBad($0) ? .fail : .ok }
    world.latency = { isBad($0) ? .milliseconds(990) : .milliseconds(1) }
    world.run()
    #expect(world.story.contains("recovery stable"))
    #expect(world.samples.count { $0.verdict == .fail } == 1)
    #expect(try span(world) > .milliseconds(5400))
  }

  @Test func nothingThatMovesOnEndsIt() throws {
    let world = World(.rehearsal())
    world.website = { $0.story.contains("phase recovery") ? .fail : .ok }
    #expect(world.run() == .completed)
    #expect(world.story.contains("recovery no-progress"))
    let span = try span(world)
    #expect(span >= .seconds(30) && span < .seconds(32))
  }

  @Test func theCapEndsItWhateverMoves() throws {
    let world = World(.rehearsal())
    world.manager = { world in
      var state = world.managerByTruth
      if world.story.contains("phase recovery") {
        state.resources["web"]?.nodes = ["host-\(world.now.count)", "falco"]
      }
      return state
    }
    #expect(world.run() == .completed)
    #expect(world.story.contains("recovery cap"))
    let span = try span(world)
    #expect(span >= .seconds(120) && span < .seconds(122))
  }

  @Test func anUnwellViewHoldsItUp() throws {
    let world = World(.rehearsal(views: ["storage"]))
    world.storage = { world in
      let isHealing = world.time(of: "phase recovery").map { world.now - $0 < .seconds(15) } ?? false
      return StorageState(
        bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3, healBacklog: isHealing ? 5 : 0)
    }
    world.run()
    #expect(world.story.contains("recovery stable"))
    #expect(try span(world) >= .seconds(15))
  }

  @Test func aHostThatIsGoneHoldsItUp() throws {
    let world = World(.rehearsal())
    world.hosts["falco"]?.pathOverLinks = false
    world.at(.seconds(12)) { $0.cut("excelsior") }
    world.at(.seconds(40)) { $0.mend("excelsior") }
    world.run()
    #expect(world.story.contains("recovery stable"))
    #expect(try #require(world.time(of: "recovery stable")) > .seconds(40))
  }
}
