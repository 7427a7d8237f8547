import Journal
import Scenario
import Testing
import Views

@testable import Metrics

@Suite struct BudgetTests {
  private func budgets(bricks: Int, fault: String = "host.unplug", isShown: Bool = true) -> [Budget]? {
    var run = HandMadeRun.unplugged()
    for index in run.events.indices {
      if case .leaseRequested(var request) = run.events[index].event {
        request.fault = fault
        run.events[index].event = .leaseRequested(request)
      }
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
    if isShown { run.at(16, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline")))) }
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

  @Test("The manager's timer for a host isn't used for a fault that leaves it in the cluster")
  func partOfAHost() throws {
    #expect(
      try #require(budgets(bricks: 2, fault: "brick.stop", isShown: false)).map(\.subject) == ["writes"])
    #expect(try #require(budgets(bricks: 2, fault: "brick.stop")).map(\.subject) == ["writes", "falco"])
    let missed = try #require(budgets(bricks: 2, isShown: false))
    try #require(missed.map(\.subject) == ["writes", "falco"])
    #expect(missed[1].observed == .censored(moreThan: s(50.49 - 10.51)))
  }

  @Test("Without a timer in a host's fingerprint there is no budget")
  func none() { #expect(HandMadeRun.unplugged().trial.budgets == nil) }

  /// The manager shows falco as offline at 16 s, and web started on excelsior at 45 s.
  private func operations(_ moved: Double?, shown: Bool = true, on vms: [String] = []) -> [Budget] {
    var run = HandMadeRun.unplugged()
    for index in run.events.indices {
      switch run.events[index].event {
      case .hostSurveyed(var survey) where survey.host == "excelsior":
        survey.fingerprint = [
          "corosync.token": "3000 ms", "corosync.consensus": "3600 ms", "pacemaker.stonith-enabled": "false",
          "pacemaker.web.start-timeout": "90s", "pacemaker.web.monitor-interval": "10s",
          "pacemaker.web.monitor-timeout": "30s", "pacemaker.other.start-timeout": "90s",
        ]
        run.events[index].event = .hostSurveyed(survey)
      case .stepChosen(var choice):
        choice.vms = vms
        run.events[index].event = .stepChosen(choice)
      default: break
      }
    }
    run.at(0, .viewSeen(view: "manager", .manager(DetectionTests.state())))
    let stopped = ManagerState.Resource(role: "Stopped", nodes: [])
    let broken =
      vms.isEmpty ? DetectionTests.state(falco: "offline") : DetectionTests.state(web: stopped)
    if shown { run.at(16, .viewSeen(view: "manager", .manager(broken))) }
    if let moved {
      run.at(
        moved,
        .domainSeen(
          DomainSeen(
            host: "excelsior", domain: "web-domain", state: .running, what: "started", at: s(moved),
            uncertainty: .milliseconds(10))))
    }
    run.events.sort { $0.at < $1.at }
    return (run.trial.budgets ?? []).filter { $0.reaction != .hostShownLost }
  }

  @Test("The start of a machine elsewhere is reported beside the manager's timers for it")
  func machineStarted() throws {
    let found = operations(45)
    #expect(found.map(\.subject) == ["web"])
    try #require(found.map(\.reaction) == [.machineStarted])
    #expect(found[0].most == .milliseconds(96_600))
    #expect(found[0].observed == measured(34.5, 44.99 - 10.51, 45.01 - 10.49))
  }

  @Test(
    "A machine that was not started elsewhere is censored, and has no budget if its host was not shown as lost"
  )
  func notStarted() {
    #expect(operations(nil).first?.observed == .censored(moreThan: s(100 - 10.51)))
    #expect(operations(nil, shown: false).isEmpty)
  }

  @Test("The failure of a machine is reported beside its monitor operation")
  func machineShownFailed() throws {
    let found = operations(nil, on: ["web"])
    #expect(found.map(\.subject) == ["web"])
    try #require(found.map(\.reaction) == [.machineShownFailed])
    #expect(found[0].most == .seconds(40) && found[0].observed == measured(5.5, 15 - 10.51, 16 - 10.49))
  }
}

@Suite struct AlertDeliveryBudgetTests {
  /// The alert fires at 14 s in Alertmanager, and is delivered at this time.
  private func budgets(delivered: Double?, alertmanager: String = "http://a") -> [Budget] {
    var run = HandMadeRun.unplugged()
    run.watchAlerts()
    run.fleet.views.append(
      Fleet.View(
        name: "person",
        kind: .init("webhook", ["listen": .string("127.0.0.1:9095"), "canary": .string(alertmanager)])))
    run.scenario.steady.views.append("person")
    run.at(
      0,
      .hostSurveyed(
        HostSurvey(
          host: Site.controller.name, fingerprint: ["alertmanager.http://a.group-wait": "30s"], running: [],
          clockOffset: .zero, clockUncertainty: .zero)))
    for view in ["alerts", "person"] { run.at(0, .viewSeen(view: view, .verdict(Verdict()))) }
    let down = Event.viewSeen(view: "alerts", .verdict(Verdict(complaints: [BlindnessTests.hostDown])))
    run.at(14, down)
    if let delivered {
      run.at(delivered, .viewSeen(view: "person", .verdict(Verdict(complaints: [BlindnessTests.hostDown]))))
    }
    run.events.sort { $0.at < $1.at }
    return run.trial.budgets ?? []
  }

  @Test("The time from an alert that fires to its delivery is reported beside Alertmanager's waiting time")
  func delivered() throws {
    let found = budgets(delivered: 45)
    #expect(found.map(\.subject) == ["falco"])
    try #require(found.map(\.reaction) == [.alertDelivered])
    #expect(found[0].most == .seconds(30) && found[0].view == "person")
    // Both were seen by a query each second, and the uncertainty of the effect is in both times.
    #expect(found[0].observed == measured(31, 30 - 0.02, 32 + 0.02))
  }

  @Test("Without a delivery, or with the configuration of another Alertmanager, there is no budget")
  func none() {
    #expect(budgets(delivered: nil).isEmpty)
    #expect(budgets(delivered: 45, alertmanager: "http://b").isEmpty)
  }
}
