import Journal
import Scenario

/// One event of each kind, with texts that JSON must escape.
enum EveryEvent {
  static let hostile = "a \"quote\", a \\ backslash, a / slash, a\nline, a\ttab, é, 🐈, \u{2028}, \u{0}"

  static let scenario = Scenario(
    name: "all", title: hostile, rehearses: ["a"],
    steady: .init(duration: .seconds(10), probes: ["website", "writes"], views: ["storage", "manager"]),
    timeline: [
      Step(
        name: "one", trigger: .at(.zero), fault: "host.unplug", target: .host(.hostOf("web")),
        duration: .seconds(90), parameters: ["mode": .word("carrier")]),
      Step(
        name: "two", trigger: .after(step: "one", delay: .seconds(5)), fault: "link.drop",
        target: .link(.any, network: "internal"), duration: .seconds(1),
        parameters: ["ports": .ports([22, 65535]), "flag": .flag(true)]),
      Step(
        name: "three", trigger: .when(.sees(view: "manager", object: "host", state: .down)),
        fault: "vm.freeze", target: .vm("web"), duration: .milliseconds(1)),
      Step(
        name: "four", trigger: .when(.down(probe: "website", longerThan: .seconds(60))), fault: "none",
        target: .sides([["dauntless"], ["excelsior", "falco"]], network: "internal"), duration: .seconds(2)),
    ],
    objectives: [
      Objective(subject: "website", metric: .downtime, relation: .max, limit: 60_000_000_000),
      Objective(subject: nil, metric: .residue, relation: .exactly, limit: 0),
    ],
    guards: [.init(when: .exceeds(.hostsDown, 1))], trials: 3, beyondQuorum: true)

  static let fleet = Fleet(
    name: "tdf", networks: [.init(name: "internal", role: .storage, cidr: "10.77.1.0/24")],
    hosts: [
      .init(
        name: "dauntless", ssh: "root@dauntless", links: ["internal": "eth1"],
        bmc: .init(ipmi: "10.0.0.11", user: "admin", passwordFile: "/etc/murphy/bmc"))
    ],
    vms: [.init(name: "web", domain: "web")], quorum: 2,
    probes: [
      .init(
        name: "website", kind: .http, target: "http://10.77.2.101/",
        options: ["expect": .object(["status": .integer(204), "body": .string("hello")])]),
      .init(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000"),
    ],
    views: [
      .init(name: "storage", kind: .init("gluster", ["volume": .string("vms")])),
      .init(name: "manager", kind: .init("pacemaker")),
      .init(name: "monitoring", kind: .init("alertmanager", ["url": .string("http://10.77.2.250:9093")])),
    ], sshConfig: "/etc/ssh", netns: .init(path: "/run/netns/lab", inode: UInt64.max))

  static let all: [Event] = [
    .runBegan(
      RunBegan(
        run: "2026-11-23T0630Z-all-3f9a", wall: "2026-11-23T06:30:00Z", seed: UInt64.max, scenario: scenario,
        fleet: fleet, digests: ["fleet": "ab"], versions: ["murphy": "1"])),
    .hostSurveyed(
      HostSurvey(
        host: "dauntless", fingerprint: ["kernel": hostile], running: ["web"], clockOffset: Nanoseconds(-5),
        clockUncertainty: Nanoseconds(7))),
    .phaseBegan(.steady),
    .baseline(reasons: [hostile, ""], bands: [hostile: .milliseconds(52)]),
    .stepChosen(StepChosen(step: "one", hosts: ["dauntless"], vms: ["web"], how: hostile)),
    .leaseRequested(
      LeaseRequested(
        lease: "3f9a_1", step: "one", host: "dauntless", fault: "host.unplug", object: "eth0, eth1 (carrier)",
        duration: .seconds(90), cutsControlPath: true)),
    .leaseEffective(
      LeaseEffective(
        lease: "3f9a_1", at: Nanoseconds(Int64.max), uncertainty: Nanoseconds(1), took: Nanoseconds(60_000),
        evidence: hostile)),
    .leaseEnded(
      LeaseEnded(
        lease: "3f9a_1", lastActive: Nanoseconds(3), firstEnded: Nanoseconds(4), uncertainty: Nanoseconds(2),
        cause: .others, reason: hostile)),
    .leaseFailed(lease: "3f9a_1", message: hostile),
    .leaseReverting(lease: "3f9a_1", cause: .controller),
    .leaseReverted(
      LeaseReverted(
        lease: "3f9a_1", at: Nanoseconds(5), uncertainty: Nanoseconds(2), cause: .deadline,
        lastActive: Nanoseconds(4))),
    .hostLost(host: "dauntless", reason: hostile),
    .hostRegained(host: "dauntless"),
    .viewSeen(
      view: "storage",
      .storage(
        StorageState(
          unknown: hostile, bricksOnline: 2, bricks: 3, peersConnected: 2, peers: 3, healBacklog: 17,
          splitBrain: 1))),
    .viewSeen(
      view: "manager",
      .manager(
        ManagerState(
          quorate: true, nodes: ["dauntless": "online", "falco": "unclean"],
          resources: ["web": .init(role: "Started", nodes: ["falco"], failed: true, blocked: true)]))),
    .viewSeen(view: "manager", .manager(ManagerState(quorate: false)), from: "falco", isAside: true),
    .viewSeen(
      view: "alerts",
      .verdict(
        Verdict(
          unknown: hostile, words: hostile, complaints: [.init(name: hostile, labels: [hostile: hostile])]))),
    .domainSeen(
      DomainSeen(
        host: "falco", domain: "web", state: .paused, what: "suspended/paused", at: Nanoseconds(9),
        uncertainty: Nanoseconds(1))),
    .recoveryEnded(.noProgress, unwell: [hostile]),
    .writesAudited(
      WritesAudit(
        probe: "writes",
        reads: [
          RecordsRead(
            .service,
            found: RecordsFound(
              present: [1...7, 9...(1 << 40)], torn: [8...8], tornUnplaced: 2, older: [3...4],
              bypassed: [5...5], missing: [6...6], digest: 7)),
          RecordsRead(.init(.mount, host: "falco", path: "/srv/vms/web.img"), unreadable: "no answer"),
        ])),
    .residueAudited(
      host: "falco",
      differences: [
        StateDifference(.missing, hostile, by: .perhapsMurphy, because: hostile),
        StateDifference(nil, "written by an earlier version", by: .others, because: ""),
      ], uncompared: [hostile]),
    .guardTripped("hosts-down > 1"),
    .interrupted(signal: "SIGINT"),
    .trialVoid(reason: hostile),
    .runRefused(reasons: [hostile, ""]),
    .runAborted(reason: hostile),
    .faultsActive([hostile]),
    .settingApplied(
      SettingApplied(side: .b, setting: hostile, setup: hostile, took: Nanoseconds(3))),
    .runResumed(
      RunResumed(
        wall: hostile, completed: 2, interrupted: 3, recovered: [hostile], versions: [hostile: hostile])),
    .runEnded(exitCode: 5), .unknown(kind: "moon.fell"),
  ]

  /// A new kind of event doesn't compile here until it has a number, and fails the tests until it is listed above.
  static func number(of event: Event) -> Int {
    switch event {
    case .runBegan: 0
    case .hostSurveyed: 1
    case .phaseBegan: 2
    case .baseline: 3
    case .stepChosen: 4
    case .leaseRequested: 5
    case .leaseEffective: 6
    case .leaseFailed: 7
    case .leaseReverting: 8
    case .leaseReverted: 9
    case .hostLost: 10
    case .hostRegained: 11
    case .viewSeen: 12
    case .leaseEnded: 13
    case .domainSeen: 14
    case .recoveryEnded: 15
    case .writesAudited: 16
    case .residueAudited: 17
    case .guardTripped: 18
    case .interrupted: 19
    case .trialVoid: 20
    case .runEnded: 21
    case .runRefused: 22
    case .runAborted: 23
    case .faultsActive: 24
    case .unknown: 25
    case .settingApplied: 26
    case .runResumed: 27
    }
  }
  static let kinds = 28
}
