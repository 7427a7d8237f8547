import Faults
import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// A fault that happens at once: its lease ends with its effect, and its damage may stay.
@Suite struct InstantTests {
  private static func kill(_ name: String, _ host: String, _ trigger: Step.Trigger = .at(.zero)) -> Step {
    Step(
      name: name, trigger: trigger, fault: "process.kill", target: .host(.named(host)),
      duration: Extent.instantLease, isInstant: true,
      parameters: ["executable": .text("/usr/sbin/glusterd"), "restart": .word("leave")])
  }

  @Test("The lease of an instant fault ends as soon as its effect is observed") func endsWithItsEffect()
    throws
  {
    let rehearsal = Rehearsal(.rehearsal([Self.kill("kill", "falco")]))
    #expect(rehearsal.run() == .completed)
    let effective = try #require(rehearsal.time(of: "effective sim_1"))
    let reverted = try #require(rehearsal.time(of: "reverted sim_1 controller"))
    #expect(reverted - effective < .seconds(1))
  }

  @Test("A host with permanent damage counts as taken until the end") func budget() {
    func taken(_ timeline: [Step]) -> Int {
      HostBudget(.rehearsal(timeline), in: .tdf, of: Catalogue.builtIn).taken
    }
    let later = Step.unplug("later", .at(.seconds(600)), .named("excelsior"))
    let after = Step.unplug("after", .after(step: "kill", delay: .seconds(600)), .named("excelsior"))
    #expect(taken([Self.kill("kill", "falco"), later]) == 2)
    #expect(taken([Self.kill("kill", "falco"), after]) == 2)
    // A step that begins after the end of the instant fault overlaps with it only if damage stays.
    let before = Step.unplug("before", .at(.zero), .named("excelsior"))
    #expect(taken([before, Self.kill("kill", "falco", .after(step: "before", delay: .zero))]) == 1)
  }
}
