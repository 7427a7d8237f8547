import Journal
import Scenario
import Testing

@testable import Metrics

@Suite struct DisagreementTests {
  private func state(_ nodes: [String: String]) -> Belief {
    .manager(ManagerState(quorate: true, nodes: nodes))
  }

  private func disagreements(_ end: Double) -> [Disagreement]? {
    var run = HandMadeRun.unplugged()
    run.at(1, .viewSeen(view: "manager", state([:]), from: "dauntless"))
    run.at(1, .viewSeen(view: "manager", state([:]), from: "falco", isAside: true))
    run.at(12, .viewSeen(view: "manager", state(["falco": "unclean"]), from: "dauntless"))
    run.at(13, .viewSeen(view: "manager", state(["falco": "offline"]), from: "dauntless"))
    run.at(end, .viewSeen(view: "manager", state(["falco": "offline"]), from: "falco", isAside: true))
    run.events.sort { $0.at < $1.at }
    return run.trial.disagreements
  }

  @Test("A disagreement has the beliefs that lasted longest")
  func found() throws {
    let found = try #require(disagreements(20))
    #expect(found.map(\.view) == ["manager"] && found[0].length == .seconds(8))
    #expect(
      found[0].sides == [
        .init(hosts: ["dauntless"], believes: ["falco offline"]), .init(hosts: ["falco"], believes: []),
      ])
  }

  @Test("A disagreement of at most two queries may be an effect of the query times")
  func short() { #expect(disagreements(14) == nil) }

  @Test("The hosts that the run used are listed in order, without those queried beside them")
  func sources() {
    var run = HandMadeRun.unplugged()
    for (at, host) in [
      (-5.0, "falco"), (1, "dauntless"), (11, "dauntless"), (20, "excelsior"), (30, "dauntless"),
    ] {
      run.at(at, .viewSeen(view: "manager", state([:]), from: host))
      run.at(at, .viewSeen(view: "manager", state([:]), from: "falco", isAside: true))
    }
    run.events.sort { $0.at < $1.at }
    #expect(run.trial.sources?.map(\.view) == ["manager"])
    #expect(run.trial.sources?.first?.hosts == ["falco", "dauntless", "excelsior", "dauntless"])
    #expect(HandMadeRun.unplugged().trial.sources == nil)
  }

  @Test("A disagreement that is open at the end of the trial lasts until then")
  func toTheEnd() throws {
    let found = try #require(disagreements(500))
    #expect(found[0].begin + found[0].length == found[0].end && found[0].length > .seconds(80))
  }
}
