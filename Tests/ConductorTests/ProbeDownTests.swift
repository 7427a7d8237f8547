import Journal
import Scenario
import Testing

@testable import Conductor

/// `PROBE down > DURATION`: from which requests it counts.
@Suite struct ProbeDownTests {
  private static func world(downFor limit: Nanoseconds) throws -> (world: World, every: Nanoseconds) {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .down(probe: "website", longerThan: limit))]
    let world = World(scenario)
    return (world, try #require(world.fleet.probe("website")?.every))
  }

  @Test("A request that timed out trips no guard if later ones were answered")
  func oneTimeout() throws {
    let (world, every) = try Self.world(downFor: .seconds(1))
    let isLost = { (world: World) in world.now >= .seconds(10) && world.now < .seconds(10) + every }
    world.website = { isLost($0) ? .fail : .ok }
    world.latency = { isLost($0) ? .seconds(3) : .milliseconds(1) }
    #expect(world.run() == .completed)
    #expect(world.samples.contains { $0.verdict == .fail })
  }

  @Test("Requests that all time out trip a guard")
  func allTimeOut() throws {
    let (world, _) = try Self.world(downFor: .seconds(1))
    world.website = { $0.now >= .seconds(10) ? .fail : .ok }
    world.latency = { $0.now >= .seconds(10) ? .seconds(3) : .milliseconds(1) }
    #expect(world.run() == .aborted("guard: website down > 1s"))
  }

  @Test("A late answer to a request from before the outage does not end the outage")
  func lateAnswer() throws {
    let (world, every) = try Self.world(downFor: .seconds(4))
    world.website = { $0.now >= .seconds(10) + every ? .fail : .ok }
    world.latency = {
      $0.now >= .seconds(10) && $0.now < .seconds(10) + every ? .seconds(3) : .milliseconds(1)
    }
    #expect(world.run() == .aborted("guard: website down > 4s"))
    // From the late answer on, it would be 17 s.
    #expect(try #require(world.time(of: "guard website down > 4s")) < .seconds(16))
  }
}
