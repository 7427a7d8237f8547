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

  @Test("A time in which hosts contradict each other is one, with what they believed for its longest part")
  func found() throws {
    let found = try #require(disagreements(20))
    #expect(found.map(\.view) == ["manager"] && found[0].length == .seconds(8))
    #expect(
      found[0].sides == [
        .init(hosts: ["dauntless"], believes: ["falco offline"]), .init(hosts: ["falco"], believes: []),
      ])
  }

  @Test("What lasts for two queries at most may come from the times at which hosts were asked")
  func short() { #expect(disagreements(14) == nil) }

  @Test("What hosts still contradict at the end of the trial lasts to it")
  func toTheEnd() throws {
    let found = try #require(disagreements(500))
    #expect(found[0].begin + found[0].length == found[0].end && found[0].length > .seconds(80))
  }
}
