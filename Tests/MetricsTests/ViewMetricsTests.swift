import Journal
import Metrics
import Scenario
import Testing

@Suite struct StorageMetricsTests {
  static func state(_ bricks: Int, heal: Int = 0, splitBrain: Int = 0) -> StorageState {
    StorageState(
      bricksOnline: bricks, bricks: 3, peersConnected: bricks, peers: 3, healBacklog: heal,
      splitBrain: splitBrain)
  }

  func storage(_ sights: [(Double, StorageState)]) -> StorageMetrics {
    var run = HandMadeRun.unplugged()
    for (at, state) in sights { run.at(at, .viewSeen(view: "storage", .storage(state))) }
    return run.trial.storage[0]
  }

  @Test("Redundancy is full when storage stays whole")
  func redundancyIsBackWhenItStays() {
    let metrics = storage([
      (0, Self.state(3)), (12, Self.state(2)), (30, Self.state(2, heal: 40)), (52, Self.state(3, heal: 40)),
      (70, Self.state(3)), (75, Self.state(3, heal: 2)), (80, Self.state(3)),
    ])
    // Seen at 80; queried every second, so it happened after 79.
    #expect(metrics.timeToFullRedundancy == measured(69.5, 79 - 10.51, 80 - 10.49))
    #expect(metrics.largestHealBacklog == 40)
    #expect(metrics.fewestBricks == 2)
    #expect(metrics.splitBrain == .counted(0))
  }

  @Test("The time to full redundancy is 0 if storage was always whole")
  func neverBrokenIsWholeAtOnce() {
    #expect(storage([(0, Self.state(3))]).timeToFullRedundancy == .measured(.zero))
  }

  @Test("The time to full redundancy is censored if storage isn't whole at the end")
  func stillBrokenAtTheEndIsCensored() {
    let metrics = storage([
      (0, Self.state(3)), (12, Self.state(2)), (60, Self.state(3, heal: 5, splitBrain: 2)),
    ])
    #expect(metrics.timeToFullRedundancy == .censored(moreThan: s(100 - 10.51)))
    #expect(metrics.splitBrain == .counted(2))
  }

  @Test("A time without reports widens the bounds of the time to full redundancy")
  func silenceWidens() {
    let unknown = StorageState(unknown: "no host answered")
    // Broken from 12, silent from 40, whole when it reported again at 70: the change came after 39.
    let before = storage([(0, Self.state(3)), (12, Self.state(2)), (40, unknown), (70, Self.state(3))])
    #expect(before.timeToFullRedundancy == measured(59.5, 39 - 10.51, 70 - 10.49))
    // Whole at 60, silent from 65 to 70: confirmed only at 70.
    let after = storage([
      (0, Self.state(3)), (12, Self.state(2)), (60, Self.state(3)), (65, unknown), (70, Self.state(3)),
    ])
    #expect(after.timeToFullRedundancy == measured(49.5, 59 - 10.51, 70 - 10.49))
    // No report until the trial's end, so the value is unknown.
    let never = storage([(0, Self.state(3)), (12, Self.state(2)), (60, Self.state(3)), (65, unknown)])
    #expect(never.timeToFullRedundancy == .censored(moreThan: s(59 - 10.51)))
    // Silent from the fault on, then whole: at most until it reported.
    let throughout = storage([(0, Self.state(3)), (12, unknown), (70, Self.state(3))])
    #expect(throughout.timeToFullRedundancy == measured(59.51, 0, 59.51))
  }

  @Test("A view without reports is not observed")
  func aViewWithoutReportsIsNotObserved() {
    #expect(storage([]).timeToFullRedundancy == .notObserved(reason: "the view reported nothing"))
    #expect(storage([]).splitBrain == .notObserved(reason: "the view reported nothing"))
  }
}

@Suite struct DetectionTests {
  static func state(falco: String = "online", web: ManagerState.Resource? = nil) -> ManagerState {
    ManagerState(
      quorate: true, nodes: ["dauntless": "online", "excelsior": "online", "falco": falco],
      resources: ["web": web ?? .init(role: "Started", nodes: ["falco"])])
  }

  func detections(
    vms: [String] = [], fromController: Bool = false, _ sights: [(Double, ManagerState)]
  ) -> [Detection] {
    var run = HandMadeRun.unplugged()
    if fromController { run.injectFromController() }
    if !vms.isEmpty {
      for index in run.events.indices {
        if case .stepChosen(var choice) = run.events[index].event {
          choice.vms = vms
          run.events[index].event = .stepChosen(choice)
        }
      }
    }
    for (at, state) in sights { run.at(at, .viewSeen(view: "manager", .manager(state))) }
    return run.trial.detections
  }

  @Test("A host's failure is detected when its node isn't online")
  func aHostIsDetectedWhenItsNodeIsNotOnline() {
    let found = detections([(0, Self.state()), (14, Self.state(falco: "unclean")), (52, Self.state())])
    #expect(found.map(\.object) == ["falco"])
    #expect(found[0].shown == "unclean")
    #expect(found[0].time == measured(3.5, 13 - 10.51, 14 - 10.49))
  }

  @Test("Another node's failure is not a detection")
  func anotherNodeIsNotADetection() {
    var wrong = Self.state()
    wrong.nodes["excelsior"] = "offline"
    #expect(detections([(0, Self.state()), (14, wrong)])[0].time == .censored(moreThan: s(50.49 - 10.51)))
  }

  @Test("A failure that is reported after the revert is not a detection")
  func whatIsShownAfterTheRevertIsNotADetection() {
    let found = detections([(0, Self.state()), (55, Self.state(falco: "pending"))])
    #expect(found[0].time == .censored(moreThan: s(50.49 - 10.51)))
    #expect(found[0].shown == nil)
  }

  @Test("A fault that the controller injects has the same bounds for a detection as one of its host")
  func aFaultFromTheControllerEndsLikeOneOfTheHost() {
    let late = detections(fromController: true, [(0, Self.state()), (55, Self.state(falco: "pending"))])
    #expect(late[0].time == .censored(moreThan: s(50.49 - 10.51)))
    let found = detections(fromController: true, [(0, Self.state()), (14, Self.state(falco: "unclean"))])
    #expect(found[0].time == measured(3.5, 13 - 10.51, 14 - 10.49))
  }

  @Test("What an instant fault broke is detected until the trial's end")
  func instant() {
    func detection(_ sights: [(Double, ManagerState)]) -> Detection {
      var run = HandMadeRun.unplugged()
      run.freezeVM()
      for index in run.events.indices {
        guard case .leaseRequested(let request) = run.events[index].event else { continue }
        run.events[index].event = .leaseRequested(
          LeaseRequested(
            lease: request.lease, step: request.step, host: request.host, fault: "vm.kill", object: "web",
            duration: request.duration, cutsControlPath: false, isInstant: true, sparesHosts: true))
      }
      for (at, state) in sights { run.at(at, .viewSeen(view: "manager", .manager(state))) }
      return run.trial.detections[0]
    }
    let failed = ManagerState.Resource(role: "Starting", nodes: ["falco"], failed: true)
    let found = detection([(0, Self.state()), (20, Self.state(web: failed))])
    #expect(found.shown == "failed" && found.time == measured(9.5, 19 - 10.51, 20 - 10.49))
    #expect(detection([(0, Self.state())]).time == .censored(moreThan: s(100 - 10.51)))
  }

  @Test("The milestone of the detection counts from the first effect, and a detection from its own fault's")
  func secondFault() {
    var run = HandMadeRun.unplugged()
    run.at(30, .stepChosen(StepChosen(step: "second", hosts: ["excelsior"], vms: [], how: "named")))
    run.at(
      30,
      .leaseRequested(
        LeaseRequested(
          lease: "l2", step: "second", host: "excelsior", fault: "host.unplug", object: "eth1",
          duration: .seconds(10), cutsControlPath: false)))
    run.at(
      30,
      .leaseEffective(
        LeaseEffective(lease: "l2", at: s(30), uncertainty: .zero, took: .zero, evidence: "no carrier")))
    var second = Self.state()
    second.nodes["excelsior"] = "offline"
    run.at(0, .viewSeen(view: "manager", .manager(Self.state())))
    run.at(33, .viewSeen(view: "manager", .manager(second)))
    run.events.sort { $0.at < $1.at }
    let trial = run.trial
    #expect(trial.detections.map(\.object) == ["falco", "excelsior"])
    #expect(trial.detections.last?.time == measured(3, 2, 3))
    #expect(
      trial.milestones.first { $0.kind == .detected }?.time == measured(22.5, 32 - 10.51, 33 - 10.49))
  }

  @Test("A virtual machine's failure is detected by its resource")
  func aVirtualMachineIsDetectedByItsResource() {
    let stopped = ManagerState.Resource(role: "Stopped", nodes: [])
    let found = detections(vms: ["web"], [(0, Self.state()), (20, Self.state(web: stopped))])
    #expect(found.map(\.object) == ["web"])
    #expect(found[0].shown == "Stopped")
    #expect(found[0].time == measured(9.5, 19 - 10.51, 20 - 10.49))
  }

  @Test("A time without reports before the detection widens its bounds")
  func silenceBeforeTheDetectionWidens() {
    let unknown = ManagerState(unknown: "no host answered")
    let found = detections([(0, Self.state()), (12, unknown), (20, Self.state(falco: "offline"))])
    #expect(found[0].time == measured(9.5, 11 - 10.51, 20 - 10.49))
  }

  @Test("Failures of a host and of a machine are detected by any name that the manager has for them")
  func aliases() {
    func detections(vms: [String]) -> [Detection] {
      var run = HandMadeRun.unplugged()
      run.fleet.hosts[2].aliases = ["kvm3"]
      run.fleet.vms[0].aliases = ["vm_web"]
      for index in run.events.indices {
        guard case .stepChosen(var choice) = run.events[index].event else { continue }
        choice.vms = vms
        run.events[index].event = .stepChosen(choice)
      }
      for (at, node, role) in [(0.0, "online", "Started"), (14, "offline", "Stopped")] {
        let resource = ManagerState.Resource(role: role, nodes: role == "Started" ? ["kvm3"] : [])
        let state = ManagerState(
          quorate: true, nodes: ["kvm1": "online", "kvm3": node], resources: ["vm_web": resource])
        run.at(at, .viewSeen(view: "manager", .manager(state)))
      }
      return run.trial.detections
    }
    #expect(detections(vms: [])[0].time == measured(3.5, 13 - 10.51, 14 - 10.49))
    #expect(detections(vms: ["web"])[0].time == measured(3.5, 13 - 10.51, 14 - 10.49))
  }

  @Test("An object that the view shows under no known name is not observed")
  func notShown() {
    let state = ManagerState(
      quorate: true, nodes: ["kvm3": "online"], resources: ["shop": .init(role: "Started", nodes: ["kvm3"])])
    #expect(
      detections([(0, state)])[0].time
        == .notObserved(reason: "the view shows no node that is known to be falco"))
    #expect(
      detections(vms: ["web"], [(0, state)])[0].time
        == .notObserved(reason: "the view shows no resource that is known to be web"))
  }

  @Test("A failure that was reported before the fault is not a detection")
  func aFailureBeforeTheFaultCantBeDetected() {
    let found = detections([(0, Self.state(falco: "standby")), (14, Self.state(falco: "offline"))])
    #expect(found[0].time == .notObserved(reason: "it was shown as standby before the fault"))
  }
}
