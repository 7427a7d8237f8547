import AgentProtocol
import Journal
import Scenario
import Testing

@testable import MurphyCommands

/// What `murphy doctor` reports about a lease's record.
@Suite struct LeaseFindingTests {
  private func finding(_ change: (inout LeaseStatus) -> Void) -> Diagnosis.Finding {
    var lease = LeaseStatus(lease: "a1", run: "r", fault: "vm.freeze", object: "web (pause)", boot: "b1")
    change(&lease)
    return Diagnosis.Finding(lease)
  }

  @Test("A lease without a revert, and one whose injection was never confirmed, may be active")
  func active() {
    let open = finding { $0.isStarted = true }
    #expect(open.state == .active && open.object == "a1")
    #expect(open.detail == "vm.freeze web (pause), run r: run murphy-agent recover")
    let doubtful = finding {
      $0.isStarted = true
      $0.revert = Revert(at: .zero, cause: .watchdog, residue: [])
    }
    #expect(doubtful.state == .active)
    #expect(
      doubtful.detail
        == "vm.freeze web (pause), run r, reverted, but its injection was never confirmed: run murphy-agent recover"
    )
  }

  @Test("A lease whose confirmed injection was reverted is over")
  func over() {
    let over = finding {
      $0.isStarted = true
      $0.effect = Effect(at: .zero, took: .zero, evidence: "seen")
      $0.revert = Revert(at: .zero, cause: .watchdog, residue: [])
    }
    #expect(over.state == .ok && over.detail == "vm.freeze web (pause), run r: reverted")
  }
}
