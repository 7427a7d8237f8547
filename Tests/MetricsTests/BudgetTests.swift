import Journal
import Scenario
import Testing

@testable import Metrics

@Suite struct BudgetTests {
  private func budgets(bricks: Int) -> [Budget]? {
    var run = HandMadeRun.unplugged()
    for index in run.events.indices {
      guard case .hostSurveyed(var survey) = run.events[index].event, survey.host == "excelsior" else {
        continue
      }
      survey.fingerprint = [
        "corosync.token": "3650 ms", "corosync.consensus": "4380 ms", "gluster.vms.type": "Replicate",
      ]
      run.events[index].event = .hostSurveyed(survey)
    }
    run.samples(o(200) + r(400) + o(400), of: "writes")
    run.at(0, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3))))
    run.at(12, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(bricks))))
    run.at(0, .viewSeen(view: "manager", .manager(DetectionTests.state())))
    run.at(16, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline"))))
    run.events.sort { $0.at < $1.at }
    return run.trial.budgets
  }

  @Test("The time that the platform's timers allow is reported beside the observed time")
  func both() throws {
    let found = try #require(budgets(bricks: 2))
    #expect(found.map(\.subject) == ["writes", "falco"])
    #expect(found[0].most == .seconds(42) && found[0].observed.interval?.estimate == s(40))
    #expect(found[1].least == .milliseconds(3650) && found[1].most == .milliseconds(8030))
    #expect(found[1].observed == measured(5.5, 15 - 10.51, 16 - 10.49))
  }

  @Test("The storage's timer isn't used for an outage in which no brick was missing")
  func noBrickMissed() throws {
    #expect(try #require(budgets(bricks: 3)).map(\.subject) == ["falco"])
  }

  @Test("Without a timer in a host's fingerprint there is no budget")
  func none() { #expect(HandMadeRun.unplugged().trial.budgets == nil) }
}
