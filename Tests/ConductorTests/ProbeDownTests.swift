import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// The requests that count for `PROBE down > DURATION`.
@Suite struct ProbeDownTests {
  private static func rehearsal(downFor limit: Nanoseconds) throws -> (
    rehearsal: Rehearsal, every: Nanoseconds
  ) {
    var scenario = Scenario.rehearsal()
    scenario.guards = [.init(when: .down(probe: "website", longerThan: limit))]
    let rehearsal = Rehearsal(scenario)
    return (rehearsal, try #require(rehearsal.fleet.probe("website")?.every))
  }

  @Test("A request that timed out trips no guard if later ones were answered")
  func oneTimeout() throws {
    let (rehearsal, every) = try Self.rehearsal(downFor: .seconds(1))
    let isLost = { (rehearsal: Rehearsal) in
      rehearsal.now >= .seconds(10) && rehearsal.now < .seconds(10) + every
    }
    rehearsal.website = { isLost($0) ? .fail : .ok }
    rehearsal.latency = { isLost($0) ? .seconds(3) : .milliseconds(1) }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.samples.contains { $0.verdict == .fail })
  }

  @Test("Requests that all time out trip a guard")
  func allTimeOut() throws {
    let (rehearsal, _) = try Self.rehearsal(downFor: .seconds(1))
    rehearsal.website = { $0.now >= .seconds(10) ? .fail : .ok }
    rehearsal.latency = { $0.now >= .seconds(10) ? .seconds(3) : .milliseconds(1) }
    #expect(rehearsal.run() == .aborted("guard: website down > 1s"))
  }

  @Test("A late answer to a request from before the outage does not end the outage")
  func lateAnswer() throws {
    let (rehearsal, every) = try Self.rehearsal(downFor: .seconds(4))
    rehearsal.website = { $0.now >= .seconds(10) + every ? .fail : .ok }
    rehearsal.latency = {
      $0.now >= .seconds(10) && $0.now < .seconds(10) + every ? .seconds(3) : .milliseconds(1)
    }
    #expect(rehearsal.run() == .aborted("guard: website down > 4s"))
    // Counted from the late answer, it would be 17 s.
    #expect(try #require(rehearsal.time(of: "guard website down > 4s")) < .seconds(16))
  }
}
