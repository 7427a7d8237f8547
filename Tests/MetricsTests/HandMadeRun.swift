import Journal
import Scenario

@testable import Metrics

/// A journal that is written by hand. It has a fleet of three hosts, one virtual machine, two probes and two views. The
/// trial's steady phase begins at 0 s, its faults at 10 s, its recovery at 60 s, and its audit at 100 s.
struct HandMadeRun {
  var fleet = Fleet(
    name: "tdf",
    hosts: ["dauntless", "excelsior", "falco"].map { Fleet.Host(name: $0, ssh: "root@\($0)", links: [:]) },
    vms: [Fleet.VirtualMachine(name: "web", domain: "web-domain")], quorum: 2,
    probes: [
      Fleet.Probe(name: "website", kind: .http, target: "http://10.77.2.101/", every: .milliseconds(100)),
      Fleet.Probe(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000", every: .milliseconds(100)),
    ],
    views: [
      Fleet.View(name: "storage", kind: .init("gluster", ["volume": .string("vms")])),
      Fleet.View(name: "manager", kind: .init("pacemaker")),
    ])
  var scenario = Scenario(
    name: "by-hand",
    steady: .init(duration: .seconds(10), probes: ["website", "writes"], views: ["storage", "manager"]),
    timeline: [
      Step(
        name: "unplug", trigger: .at(.zero), fault: "host.unplug", target: .host(.hostOf("web")),
        duration: .seconds(40))
    ])
  var events: [Entry] = []
  var samples: [Sample] = []

  /// Lets the controller inject the fault, as by a host's BMC.
  mutating func injectFromController() {
    for index in events.indices {
      guard case .leaseRequested(var request) = events[index].event else { continue }
      request.host = Site.controller.name
      events[index].event = .leaseRequested(request)
    }
  }

  /// Changes the fault to one that takes no host.
  mutating func cutManager() {
    for index in events.indices {
      guard case .leaseRequested(let request) = events[index].event else { continue }
      events[index].event = .leaseRequested(
        LeaseRequested(
          lease: request.lease, step: request.step, host: request.host, fault: "manager.cut",
          object: "what comes from the manager", duration: request.duration, cutsControlPath: false,
          sparesHosts: true))
    }
  }

  /// Makes the fault one of the virtual machine, which spares its host.
  mutating func freezeVM() {
    cutManager()
    for index in events.indices {
      guard case .stepChosen(var choice) = events[index].event else { continue }
      choice.vms = ["web"]
      events[index].event = .stepChosen(choice)
    }
  }

  /// Adds a view of monitoring to the run.
  mutating func watchAlerts() {
    fleet.views.append(Fleet.View(name: "alerts", kind: .init("alertmanager", ["url": .string("http://a")])))
    scenario.steady.views.append("alerts")
  }

  mutating func at(_ seconds: Double, trial: Int = 1, _ event: Event) {
    events.append(Entry(at: s(seconds), trial: trial, event: event))
  }

  /// The unplugged run with the given end of its lease, with objectives of each kind and no residue.
  static func ended(
    by cause: RevertCause, at reverted: Double, lastActive: Double? = nil, _ end: LeaseEnded? = nil
  ) -> HandMadeRun {
    var run = unplugged([
      Objective(subject: "website", metric: .downtime, relation: .max, limit: s(60).count),
      Objective(subject: "writes", metric: .lost, relation: .max, limit: 0),
      Objective(subject: nil, metric: .residue, relation: .max, limit: 0),
    ])
    run.events.removeAll {
      switch $0.event {
      case .leaseReverting, .leaseReverted: true
      default: false
      }
    }
    if let end { run.at(end.firstEnded.inSeconds, .leaseEnded(end)) }
    run.at(
      reverted,
      .leaseReverted(
        LeaseReverted(
          lease: "l1", at: s(reverted), uncertainty: .milliseconds(10), cause: cause,
          lastActive: lastActive.map { s($0) })))
    run.events.sort { $0.at < $1.at }
    for host in run.fleet.hosts { run.at(100, .residueAudited(host: host.name, differences: [])) }
    run.at(100, .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...1000]))))
    for probe in ["website", "writes"] { run.samples(o(1000), of: probe) }
    return run
  }

  /// The phases, and a fault on falco that is effective from 10.5 s ± 10 ms to 50.5 s ± 10 ms.
  static func unplugged(_ objectives: [Objective] = []) -> HandMadeRun {
    var run = HandMadeRun()
    run.scenario.objectives = objectives
    for host in run.fleet.hosts {
      run.at(
        0, trial: 0,
        .hostSurveyed(
          HostSurvey(
            host: host.name, fingerprint: [:], running: host.name == "falco" ? ["web-domain"] : [],
            clockOffset: .zero, clockUncertainty: .milliseconds(10))))
    }
    run.at(0, .phaseBegan(.steady))
    run.at(10, .phaseBegan(.faults))
    run.at(10, .stepChosen(StepChosen(step: "unplug", hosts: ["falco"], vms: [], how: "runs web")))
    run.at(
      10,
      .leaseRequested(
        LeaseRequested(
          lease: "l1", step: "unplug", host: "falco", fault: "host.unplug", object: "eth0, eth1",
          duration: .seconds(40), cutsControlPath: true)))
    run.at(
      10.6,
      .leaseEffective(
        LeaseEffective(
          lease: "l1", at: s(10.5), uncertainty: .milliseconds(10), took: .milliseconds(3),
          evidence: "no carrier")))
    run.at(50, .leaseReverting(lease: "l1", cause: .controller))
    run.at(
      50.6,
      .leaseReverted(
        LeaseReverted(lease: "l1", at: s(50.5), uncertainty: .milliseconds(10), cause: .deadline)))
    run.at(60, .phaseBegan(.recovery))
    run.at(100, .phaseBegan(.audit))
    return run
  }

  /// Samples of a probe, a letter each, 100 ms apart: `o` ok after 2 ms, `s` ok after 400 ms, `f` failed by a
  /// time-out of 1 s, `r` refused after 1 ms, `u` unknown, `n` never sent.
  mutating func samples(
    _ pattern: String, of probe: String = "website", from seconds: Double = 0, boot: String? = nil,
    trial: Int = 1
  ) {
    let first = Int64(samples.filter { $0.probe == probe && $0.trial == trial }.count) + 1
    for (index, letter) in pattern.enumerated() {
      let due = s(seconds) + .milliseconds(100) * Int64(index)
      let (took, verdict, status): (Int64, Sample.Verdict, String) =
        switch letter {
        case "o": (2, .ok, "200")
        case "s": (400, .ok, "200")
        case "f": (1000, .fail, "timeout")
        case "r": (1, .fail, "refused")
        default: (60, .unknown, "late")
        }
      samples.append(
        Sample(
          trial: trial, probe: probe, sequence: first + Int64(index), scheduled: due,
          sent: letter == "n" ? nil : due, completed: due + .milliseconds(took), verdict: verdict,
          status: status,
          boot: verdict == .ok ? boot : nil))
    }
  }

  var journal: RunJournal {
    let began = RunBegan(
      run: "by-hand", wall: "2026-11-23T06:30:00Z", seed: 1, scenario: scenario, fleet: fleet, digests: [:],
      versions: [:])
    return RunJournal(
      entries: [Entry(at: .zero, trial: 0, event: .runBegan(began))] + events, samples: samples)
  }

  var metrics: RunMetrics { RunMetrics(journal) }
  var trial: TrialMetrics { metrics.trials[0] }
}

/// Seconds, to the millisecond.
func s(_ seconds: Double) -> Nanoseconds { .milliseconds(Int64((seconds * 1000).rounded())) }

func measured(_ estimate: Double, _ low: Double, _ high: Double) -> Span {
  .measured(Interval(estimate: s(estimate), low: s(low), high: s(high)))
}

func o(_ count: Int) -> String { String(repeating: "o", count: count) }
func f(_ count: Int) -> String { String(repeating: "f", count: count) }
func sl(_ count: Int) -> String { String(repeating: "s", count: count) }
func r(_ count: Int) -> String { String(repeating: "r", count: count) }
