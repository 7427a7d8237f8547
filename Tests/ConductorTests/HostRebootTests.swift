import Conductor
import Journal
import Scenario
import Testing

@testable import Simulation

/// A fault that reboots the host of its own lease, so that the agent there ends with it.
@Suite struct HostRebootTests {
  private func rehearsal() -> Rehearsal {
    let step = Step(
      name: "reboot", trigger: .at(.zero), fault: "host.reboot", target: .host(.named("falco")),
      duration: Extent.instantLease, isInstant: true, parameters: [:])
    return Rehearsal(.rehearsal([step]))
  }

  private func expectOneReboot(in rehearsal: Rehearsal) throws {
    for line in ["requested falco", "effective sim_1", "lost falco", "regained falco", "residue falco 0"] {
      #expect(rehearsal.story.contains(line), "\(line) isn't in \(rehearsal.story)")
    }
    #expect(rehearsal.host("falco").boot == "2")
    // The boot is the fault's effect, and not its early end.
    #expect(!rehearsal.story.contains { $0.hasPrefix("ended") })
    let effect = try #require(
      rehearsal.journal.compactMap {
        if case .leaseEffective(let effect) = $0.event { effect } else { nil }
      }.first)
    #expect(effect.evidence == "falco runs boot 2, and ran 1 before")
    let truth = try #require(rehearsal.host("falco").bootsEnded.first)
    #expect(effect.at - effect.uncertainty <= truth && truth <= effect.at + effect.uncertainty)
  }

  @Test("A host that reboots itself confirms this by its next boot, and the run ends its lease there")
  func reboots() throws {
    let rehearsal = rehearsal()
    #expect(rehearsal.run() == .completed)
    try expectOneReboot(in: rehearsal)
    #expect(rehearsal.story.contains("reverted sim_1 controller"), "\(rehearsal.story)")
  }

  @Test("A host that deletes the lease's record when it boots has reverted it") func recoversAtBoot() throws {
    let rehearsal = rehearsal()
    func recoverOnceBooted() {
      let host = rehearsal.host("falco")
      if host.isUp, host.boot == "2" { return RecoverProcess(on: host).begin() }
      rehearsal.at(rehearsal.now + .milliseconds(1)) { _ in recoverOnceBooted() }
    }
    rehearsal.once("inject falco") { _ in recoverOnceBooted() }
    #expect(rehearsal.run() == .completed)
    try expectOneReboot(in: rehearsal)
    #expect(rehearsal.story.contains("reverted sim_1 recover"), "\(rehearsal.story)")
  }

  @Test("A revert before the reboot prevents it, and the trial has no effect") func prevented() {
    let rehearsal = rehearsal()
    rehearsal.once("inject falco") { rehearsal in
      rehearsal.at(rehearsal.now + .milliseconds(300)) { $0.interrupt() }
    }
    rehearsal.run()
    #expect(rehearsal.host("falco").boot == "1")
    #expect(!rehearsal.story.contains { $0.hasPrefix("effective") })
  }
}
