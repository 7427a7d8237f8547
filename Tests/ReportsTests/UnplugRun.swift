import Journal
import Scenario

/// A run like those on the rehearsal platform: the host of `web` loses every cable for 90 s, the manager starts `web`
/// on another host, and storage heals when the host is back.
struct UnplugRun {
  var entries: [Entry] = []
  var samples: [Sample] = []
  private var random: UInt64 = 0x3f9a
  private var trial = 0
  /// When the trial being written began.
  private var base = Nanoseconds.zero

  static let fleet = Fleet(
    name: "tdf",
    networks: [
      .init(name: "internal", role: .storage, cidr: "10.77.1.0/24"),
      .init(name: "external", role: .service, cidr: "10.77.2.0/24"),
    ],
    hosts: ["dauntless", "excelsior", "falco"].map {
      .init(name: $0, ssh: "root@\($0).example.org", links: ["internal": "eth1", "external": "eth0"])
    },
    vms: [.init(name: "web", domain: "web")], quorum: 2,
    probes: [
      .init(name: "website", kind: .http, target: "http://10.77.2.101/", every: .milliseconds(100)),
      .init(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000", every: .milliseconds(100)),
    ],
    views: [
      .init(name: "storage", kind: .init("gluster", ["volume": .string("vms")])),
      .init(name: "manager", kind: .init("pacemaker")),
    ])

  static func scenario(trials: Int) -> Scenario {
    Scenario(
      name: "unplug-host", title: "One host loses every cable, unannounced", rehearses: ["a"],
      steady: .init(duration: .seconds(12), probes: ["website", "writes"], views: ["storage", "manager"]),
      timeline: [
        Step(
          name: "unplug", trigger: .at(.zero), fault: "host.unplug", target: .host(.hostOf("web")),
          duration: .seconds(90), parameters: ["mode": .word("carrier")])
      ],
      objectives: [
        Objective(subject: "website", metric: .downtime, relation: .max, limit: 60_000_000_000),
        Objective(subject: "website", metric: .timeToRecover, relation: .max, limit: 90_000_000_000),
        Objective(subject: "writes", metric: .lost, relation: .max, limit: 0),
        Objective(subject: "web", metric: .timeToFailOver, relation: .max, limit: 60_000_000_000),
        Objective(subject: "manager", metric: .timeToDetect, relation: .max, limit: 15_000_000_000),
        Objective(subject: "storage", metric: .timeToFullRedundancy, relation: .max, limit: 120_000_000_000),
        Objective(subject: nil, metric: .residue, relation: .max, limit: 0),
      ],
      guards: [.init(when: .exceeds(.hostsDown, 1))], trials: trials)
  }

  /// Failures that the sample doesn't have.
  struct Damage {
    /// No sample is answered after the fault, and the cap is reached.
    var neverBack = false
    /// The sequence numbers of acknowledged records that are missing.
    var lost: ClosedRange<Int64>?
    /// The differences of falco afterwards, and its parts that could not be compared.
    var residue: [StateDifference] = []
    var uncompared: [String] = []
    /// The isolated host still runs the guest.
    var runsTwice = false
    /// Something else sets the link up, 6 s after the effect.
    var endsEarly = false
    /// Every host is queried for the manager's belief, and the isolated one believes that the others are gone.
    var hostsDisagree = false
    /// The records are also read through a mount, and in three replicas.
    var hasReplicas = false
  }

  init(trials: [Damage] = [Damage()], title: String? = nil, shorterFault: Scenario.ShorterFault? = nil) {
    var scenario = Self.scenario(trials: trials.count)
    scenario.shorterFault = shorterFault
    if let title { scenario.title = title }
    at(
      0,
      .runBegan(
        RunBegan(
          run: "2026-11-23T0630Z-unplug-host-3f9a", wall: "2026-11-23T06:30:00Z", seed: 4711,
          scenario: scenario,
          fleet: Self.fleet,
          digests: [
            "scenario": "8c1f0d9e6b0a4f2f5a37c8c85dd5a9c6dd0c3bb5b2b1f4c9e5a7f60718293a4b",
            "fleet": "1f2e3d4c5b6a79880716253443526170f1e2d3c4b5a697887969504132231405",
            "probes": "aa55cc33ee1177bb99dd002244668800aa55cc33ee1177bb99dd002244668800",
          ], versions: ["murphy": "0.1.0", "metrics": "1", "kernel": "6.1.0-28-cloud-amd64"])))
    for (host, offset) in [("dauntless", Int64(-180)), ("excelsior", 95), ("falco", 2240)] {
      at(
        0.2,
        .hostSurveyed(
          HostSurvey(
            host: host,
            fingerprint: [
              "kernel": "6.1.0-28-amd64", "libvirt": "9.0.0", "qemu": "7.2.13", "gluster": "10.3",
              "pacemaker": "2.1.5", "corosync": "3.1.7", "gluster.volume.network.ping-timeout": "42",
              "gluster.volume.cluster.quorum-type": "auto", "link.eth0.mtu": "1500", "link.eth0.rate": "1000",
              "link.eth1.mtu": host == "excelsior" ? "1500" : "9000", "link.eth1.rate": "10000",
            ], running: host == "falco" ? ["web"] : [], clockOffset: Nanoseconds(offset * 1000),
            clockUncertainty: .milliseconds(1))))
    }
    var end = 1.0
    for (index, damage) in trials.enumerated() {
      trial = index + 1
      base = Self.time(end)
      write(damage)
      end += 170
    }
    (trial, base) = (0, .zero)
    at(end, .runEnded(exitCode: 1))
  }

  /// The same run without reports of views.
  func withoutViews() -> UnplugRun {
    var run = self
    run.entries.removeAll { if case .viewSeen = $0.event { true } else { false } }
    return run
  }

  /// The same run on a fleet without a manager and shared storage, whose virtual machine people start again.
  func withoutManager() -> UnplugRun {
    var run = withoutViews()
    run.entries = run.entries.map { entry in
      guard case .runBegan(var began) = entry.event else { return entry }
      began.fleet.views = []
      began.scenario.steady.views = []
      began.scenario.objectives.removeAll { ["manager", "storage"].contains($0.subject) }
      return Entry(at: entry.at, trial: entry.trial, event: .runBegan(began))
    }
    return run
  }

  var journal: RunJournal { RunJournal(entries: entries, samples: samples) }

  private static func time(_ seconds: Double) -> Nanoseconds {
    Nanoseconds(Int64((seconds * 1_000_000).rounded()) * 1000)
  }

  private mutating func at(_ seconds: Double, _ event: Event) {
    entries.append(Entry(at: base + Self.time(seconds), trial: trial, event: event))
  }

  /// A number from 0 to below the bound, from a fixed linear congruence (Knuth's MMIX).
  private mutating func noise(_ bound: Double) -> Double {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(random >> 40) / Double(1 << 24) * bound
  }

  private mutating func seen(
    _ host: String, _ state: DomainSeen.State, _ what: String, at time: Double, reportedAt: Double
  ) {
    at(
      reportedAt,
      .domainSeen(
        DomainSeen(
          host: host, domain: "web", state: state, what: what, at: base + Self.time(time),
          uncertainty: .milliseconds(1))))
  }

  private mutating func write(_ damage: Damage) {
    at(0, .phaseBegan(.steady))
    storage(0.3, 3)
    manager(0.4)
    if trial > 1 {
      // The guest was moved back between two trials.
      seen("excelsior", .off, "stopped/migrated", at: -2, reportedAt: 0.1)
      seen("falco", .running, "resumed/migrated", at: -2, reportedAt: 0.1)
    }
    at(12, .baseline(reasons: []))
    at(12, .phaseBegan(.faults))
    at(
      12.001,
      .stepChosen(
        StepChosen(step: "unplug", hosts: ["falco"], vms: [], how: "it ran web when the step began")))
    at(
      12.002,
      .leaseRequested(
        LeaseRequested(
          lease: "unplug-falco-\(trial)", step: "unplug", host: "falco", fault: "host.unplug",
          object: "eth0, eth1 (carrier)", duration: .seconds(90), cutsControlPath: true)))
    at(
      12.006,
      .leaseEffective(
        LeaseEffective(
          lease: "unplug-falco-\(trial)", at: base + Self.time(12.0043), uncertainty: .milliseconds(1),
          took: Nanoseconds(231_000), evidence: "carrier 0 on eth0, eth1")))
    at(12.9, .hostLost(host: "falco", reason: "no answer on ssh"))
    if damage.endsEarly {
      at(
        18.01,
        .leaseEnded(
          LeaseEnded(
            lease: "unplug-falco-\(trial)", lastActive: base + Self.time(18.0031),
            firstEnded: base + Self.time(18.0043), uncertainty: .milliseconds(1), cause: .others,
            reason: "link eth1 is up")))
    }
    manager(14.9, falco: "unclean", web: .init(role: "Started", nodes: ["falco"]))
    manager(16.9, falco: "offline", web: .init(role: "Stopped", nodes: []))
    at(18, .viewSeen(view: "storage", .storage(StorageState(unknown: "gluster did not answer in 5 s"))))
    storage(54.1, 2)
    manager(54.8, falco: "offline", web: .init(role: "Starting", nodes: ["excelsior"]))
    if !damage.neverBack {
      seen("excelsior", .running, "started/booted", at: 57.1, reportedAt: 57.1)
      manager(58.8, falco: "offline", web: .init(role: "Started", nodes: ["excelsior"]))
      for step in 0..<9 { storage(66 + Double(step) * 4, 2, heal: 14 + step * 61) }
    }
    if damage.hostsDisagree {
      let well = ManagerState(
        quorate: true, nodes: ["dauntless": "online", "excelsior": "online", "falco": "online"],
        resources: ["web": .init(role: "Started", nodes: ["falco"])])
      let isolated = ManagerState(
        quorate: false, nodes: ["dauntless": "offline", "excelsior": "offline", "falco": "online"],
        resources: ["web": .init(role: "Started", nodes: ["falco"])])
      let others = ManagerState(
        quorate: true, nodes: ["dauntless": "online", "excelsior": "online", "falco": "offline"],
        resources: ["web": .init(role: "Stopped", nodes: [])])
      func aside(_ seconds: Double, _ host: String, _ state: ManagerState) {
        at(seconds, .viewSeen(view: "manager", .manager(state), from: host, isAside: true))
      }
      for host in ["excelsior", "falco"] { aside(0.5, host, well) }
      aside(16.9, "excelsior", others)
      at(16.95, .viewSeen(view: "manager", .manager(others), from: "dauntless"))
      aside(17.2, "falco", isolated)
      aside(50.2, "falco", ManagerState(unknown: "falco doesn't answer"))
    }
    at(102, .leaseReverting(lease: "unplug-falco-\(trial)", cause: .controller))
    at(102.1, .phaseBegan(.recovery))
    if !damage.runsTwice { seen("falco", .paused, "suspended/ioerror", at: 54.3, reportedAt: 103.2) }
    at(103.1, .hostRegained(host: "falco"))
    at(
      103.2,
      .leaseReverted(
        LeaseReverted(
          lease: "unplug-falco-\(trial)", at: base + Self.time(102.0051), uncertainty: .milliseconds(1),
          cause: .deadline, lastActive: damage.endsEarly ? nil : base + Self.time(102.0044))))
    manager(
      104.8, falco: "pending",
      web: .init(role: "Started", nodes: damage.neverBack ? [] : ["excelsior"], failed: damage.neverBack))
    if damage.neverBack {
      manager(106.8, web: .init(role: "Stopped", nodes: ["falco"], failed: true, blocked: true))
      storage(104, 3)
    } else {
      manager(106.8, web: .init(role: "Started", nodes: ["excelsior", "falco"], failed: true))
      seen("falco", .off, "stopped/destroyed", at: 108.9, reportedAt: 108.9)
      manager(109.8, web: .init(role: "Started", nodes: ["excelsior"]))
      for (step, backlog) in [502, 471, 398, 331, 290, 214, 163, 90, 41, 6].enumerated() {
        storage(105 + Double(step) * 5, 3, heal: backlog)
      }
      storage(153.1, 3)
    }
    probe("website", down: 12.1, back: damage.neverBack ? nil : 64.4, boots: ("b1f0", "c7d2"), extra: 0)
    probe("writes", down: 12.1, back: damage.neverBack ? nil : 64.7, boots: (nil, nil), extra: 9)
    at(163.2, .recoveryEnded(damage.neverBack ? .cap : .stable))
    at(163.3, .phaseBegan(.audit))
    let acknowledged = samples.filter { $0.trial == trial && $0.probe == "writes" && $0.verdict == .ok }
      .map(\.sequence)
    var present = Set(acknowledged).union([122])
    if let lost = damage.lost { present.subtract(Array(lost)) }
    let found = RecordsFound(present: NumberRanges(present))
    var reads = [RecordsRead(.service, found: found)]
    if damage.hasReplicas {
      reads.append(RecordsRead(.init(.mount, host: "falco", path: "/srv/vms/web.img"), found: found))
      reads += ["dauntless", "excelsior", "falco"].map {
        RecordsRead(.init(.replica, host: $0, path: "/bricks/vms/web.img"), found: found)
      }
    }
    at(164, .writesAudited(WritesAudit(probe: "writes", reads: reads)))
    for host in ["dauntless", "excelsior", "falco"] {
      let isHit = host == "falco"
      at(
        165,
        .residueAudited(
          host: host, differences: isHit ? damage.residue : [], uncompared: isHit ? damage.uncompared : []))
    }
  }

  private mutating func storage(_ seconds: Double, _ bricks: Int, heal: Int = 0) {
    at(
      seconds,
      .viewSeen(
        view: "storage",
        .storage(
          StorageState(
            bricksOnline: bricks, bricks: 3, peersConnected: bricks, peers: 3, healBacklog: heal))))
  }

  private mutating func manager(
    _ seconds: Double, falco: String = "online",
    web: ManagerState.Resource = .init(role: "Started", nodes: ["falco"])
  ) {
    at(
      seconds,
      .viewSeen(
        view: "manager",
        .manager(
          ManagerState(
            quorate: true, nodes: ["dauntless": "online", "excelsior": "online", "falco": falco],
            resources: ["web": web]))))
  }

  private mutating func probe(
    _ probe: String, down: Double, back: Double?, boots: (String?, String?), extra: Double
  ) {
    for index in 0..<1632 {
      let due = Double(index) / 10
      let isDown = due >= down - 0.001 && due < (back ?? 1000) - 0.001
      var latency: Double
      var (verdict, status): (Sample.Verdict, String) = (.ok, probe == "website" ? "200" : "ack")
      if isDown {
        let refused = due > 60 && back != nil
        (latency, verdict, status) = (refused ? 3 : 1000, .fail, refused ? "refused" : "timeout")
      } else {
        latency = 1.8 + extra + noise(1.6) * noise(1.6)
        if let back, due >= back {
          latency += 2
          if due < back + 0.6 { latency += (back + 0.6 - due) * 600 }
          if due > 103, due < 153 { latency += noise(4) * noise(4) + (index % 97 == 0 ? 80 : 0) }
        }
      }
      if (880...882).contains(index), !isDown { (latency, verdict, status) = (71, .unknown, "late") }
      let scheduled = base + Self.time(due)
      let boot = verdict == .ok ? (due < down ? boots.0 : boots.1) : nil
      samples.append(
        Sample(
          trial: trial, probe: probe, sequence: Int64(index + 1), scheduled: scheduled,
          sent: scheduled + Self.time(0.00012), completed: scheduled + Self.time(latency / 1000),
          verdict: verdict,
          status: status, boot: boot.map { "\($0)\(trial)" }))
    }
  }
}
