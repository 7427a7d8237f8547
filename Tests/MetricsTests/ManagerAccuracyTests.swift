import Journal
import Scenario
import Testing

@testable import Metrics

/// The virtual machine runs on falco from the start; libvirt's events there have an uncertainty of 10 ms.
@Suite struct ManagerAccuracyTests {
  private func accuracy(
    _ sights: [(Double, ManagerState)], _ domains: [(Double, String, DomainSeen.State)] = [],
    lost: (Double, Double)? = nil, fromController: Bool = false
  ) throws -> ManagerAccuracy {
    try #require(trial(sights, domains, lost: lost, fromController: fromController).accuracy?.first)
  }

  private func trial(
    _ sights: [(Double, ManagerState)], _ domains: [(Double, String, DomainSeen.State)] = [],
    lost: (Double, Double)? = nil, fromController: Bool = false
  ) -> TrialMetrics {
    var run = HandMadeRun.unplugged()
    if fromController { run.injectFromController() }
    for (at, state) in sights { run.at(at, .viewSeen(view: "manager", .manager(state))) }
    for (at, host, state) in domains {
      run.at(
        at,
        .domainSeen(
          DomainSeen(
            host: host, domain: "web-domain", state: state, what: "by hand", at: s(at),
            uncertainty: .milliseconds(10))))
    }
    if let lost {
      run.at(lost.0, .hostLost(host: "excelsior", reason: "no answer"))
      run.at(lost.1, .hostRegained(host: "excelsior"))
    }
    run.events.sort { $0.at < $1.at }
    return run.trial
  }

  private func on(_ host: String) -> ManagerState {
    DetectionTests.state(web: .init(role: "Started", nodes: [host]))
  }

  private static let stopped = ManagerState.Resource(role: "Stopped", nodes: [])

  @Test("A virtual machine that ended is shown as running until the manager reports its end")
  func falseUp() throws {
    let found = try accuracy(
      [(0, on("falco")), (25, DetectionTests.state(web: Self.stopped))], [(20, "falco", .off)])
    #expect(found.falseUp == measured(5, 24 - 20.01, 25 - 19.99))
    #expect(found.falseDown == .measured(.zero) && found.wrongHost == .measured(.zero))
  }

  @Test("The time for which a running virtual machine is shown as stopped is measured")
  func falseDown() throws {
    let found = try accuracy([
      (0, on("falco")), (70, DetectionTests.state(web: Self.stopped)), (80, on("falco")),
    ])
    #expect(found.falseDown == measured(10, 79 - 70, 80 - 69))
    #expect(found.falseUp == .measured(.zero))
    #expect(found.errors == [.init(kind: .falseDown, object: "web", begin: s(70), end: s(80))])
    // 10 s of 100 s.
    #expect(found.correctPerMillion == 900_000)
  }

  @Test("A virtual machine that moved is shown on its earlier host until the manager reports the new one")
  func wrongHost() throws {
    let found = try accuracy(
      [(0, on("falco")), (75, on("excelsior"))], [(70, "falco", .off), (70, "excelsior", .running)])
    #expect(found.wrongHost.interval?.estimate == s(5))
    #expect(found.errors == [.init(kind: .wrongHost, object: "web", begin: s(70), end: s(75))])
    #expect(found.falseUp == .measured(Interval(estimate: .zero, low: .zero, high: .milliseconds(20))))
  }

  @Test(
    "A healthy host that is shown as dead is wrong; a host with a fault or without answer doesn't count"
  )
  func hosts() throws {
    var dead = on("falco")
    dead.nodes["excelsior"] = "offline"
    #expect(try accuracy([(0, on("falco")), (70, dead), (80, on("falco"))]).falseDown == measured(10, 9, 11))
    #expect(
      try accuracy([(0, on("falco")), (70, dead), (80, on("falco"))], lost: (72, 95)).falseDown
        == .measured(Interval(estimate: .zero, low: .zero, high: s(72 - 69))))
    // falco has the fault from 10.5 s to 50.5 s.
    let cut = DetectionTests.state(falco: "unclean")
    #expect(try accuracy([(0, on("falco")), (14, cut), (40, on("falco"))]).falseDown == .measured(.zero))
  }

  @Test("A fault that the controller injects takes its host, and no healthy one")
  func fromController() throws {
    var dead = on("falco")
    dead.nodes["excelsior"] = "offline"
    #expect(
      try accuracy([(0, on("falco")), (20, dead), (30, on("falco"))], fromController: true).falseDown
        == measured(10, 9, 11))
    let cut = DetectionTests.state(falco: "unclean")
    #expect(
      try accuracy([(0, on("falco")), (14, cut), (40, on("falco"))], fromController: true).falseDown
        == .measured(.zero))
  }

  @Test(
    "A working host that its manager can't reach is up: to show it or its virtual machine as down is wrong")
  func managerCut() throws {
    // The cut of falco, where web runs, lasts from 10.5 s to 50.5 s. The view is queried each second.
    var run = HandMadeRun.unplugged()
    run.cutManager()
    run.at(0, .viewSeen(view: "manager", .manager(on("falco"))))
    run.at(14, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline"))))
    run.at(
      20, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline", web: Self.stopped))))
    run.at(30, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline"))))
    run.at(40, .viewSeen(view: "manager", .manager(on("falco"))))
    run.events.sort { $0.at < $1.at }
    let trial = run.trial
    let found = try #require(trial.accuracy?.first)
    // The host for 26 s, and its virtual machine for 10 s.
    #expect(found.falseDown == measured(36, 25 + 9, 27 + 11))
    #expect(found.falseUp == .measured(.zero))
    #expect(
      found.errors == [
        .init(kind: .falseDown, object: "web", begin: s(20), end: s(30)),
        .init(kind: .falseDown, object: "falco", begin: s(14), end: s(40)),
      ])
    #expect(found.correctPerMillion == 740_000)
    // Nothing was broken, so nothing could be detected.
    #expect(trial.detections.isEmpty)
    #expect(trial.leases.map(\.sparesHosts) == [true])
  }

  @Test(
    "The manager moves a virtual machine away from a healthy host that it can't reach: wrong host until it runs there"
  )
  func managerCutMoves() throws {
    var run = HandMadeRun.unplugged()
    run.cutManager()
    run.at(0, .viewSeen(view: "manager", .manager(on("falco"))))
    run.at(20, .viewSeen(view: "manager", .manager(on("excelsior"))))
    run.at(30, .viewSeen(view: "manager", .manager(on("falco"))))
    run.events.sort { $0.at < $1.at }
    let found = try #require(run.trial.accuracy?.first)
    #expect(found.wrongHost == measured(10, 9, 11))
    #expect(found.falseDown == .measured(.zero))
  }

  @Test("During a fault of a virtual machine no belief about it or its host is judged as down")
  func frozenVM() throws {
    var run = HandMadeRun.unplugged()
    run.freezeVM()
    run.at(0, .viewSeen(view: "manager", .manager(on("falco"))))
    run.at(
      14, .viewSeen(view: "manager", .manager(DetectionTests.state(falco: "offline", web: Self.stopped))))
    run.at(40, .viewSeen(view: "manager", .manager(on("falco"))))
    run.events.sort { $0.at < $1.at }
    let trial = run.trial
    #expect(trial.accuracy?.first?.falseDown == .measured(.zero))
    #expect(trial.detections.first { $0.object == "web" }?.shown == "Stopped")
  }

  @Test("Time without a report counts as unknown only")
  func unknown() throws {
    let silent = ManagerState(unknown: "no host answered")
    let found = trial([(0, on("falco")), (70, silent), (80, on("falco"))])
    #expect(found.accuracy?.first?.unknown == measured(10, 9, 11))
    #expect(found.figure(.noReport, of: "manager") == .span(measured(10, 9, 11)))
    #expect(try accuracy([]).falseUp == .notObserved(reason: "the view reported nothing"))
  }

  @Test("Beliefs that are wrong at the same time, and times without a report, count once for the share")
  func share() throws {
    // Wrong about web from 70 to 80 and about excelsior from 75 to 90; no report from 90 to 95.
    var both = DetectionTests.state(web: Self.stopped)
    both.nodes["excelsior"] = "offline"
    var one = on("falco")
    one.nodes["excelsior"] = "offline"
    let found = try accuracy([
      (0, on("falco")), (70, DetectionTests.state(web: Self.stopped)), (75, both), (80, one),
      (90, ManagerState(unknown: "no answer")), (95, on("falco")),
    ])
    #expect(found.correctPerMillion == 750_000)
    #expect(try accuracy([]).correctPerMillion == nil)
  }
}
