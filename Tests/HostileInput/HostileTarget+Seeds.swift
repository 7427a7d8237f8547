import Agent
import AgentProtocol
import Faults
import FoundationEssentials
import Journal
import Linux
import Scenario

extension HostileTarget {
  /// Valid inputs as seeds.
  ///
  /// - Parameter root: the repository's folder, which has scenarios and a report.
  package func seeds(root: String) throws -> [[UInt8]] {
    switch self {
    case .session:
      let lines = try Self.requests().flatMap { try WireCoding.line($0) }
      return [[1] + lines, [255] + lines] + (try Self.requests().map { try [16] + WireCoding.line($0) })
    case .wire:
      return try Self.requests().map { try WireCoding.line($0) }
        + Self.agentLines().map { try WireCoding.line($0) }
        + [Array("Welcome\n\u{1B}]0;falco\u{07}".utf8) + WireCoding.line(AgentLine.greeting)]
    case .lease: return Self.leases.flatMap { [[0] + $0, [1] + LeaseFile.sealed($0)] }
    case .policy:
      return [
        Array(
          #"{"faults": ["host.*", "vm.freeze"], "links": ["eth0"], "domains": ["*"], "longest-lease": "10m"}"#
            .utf8)
      ]
    case .fleet: return [Array(Self.fleetText.utf8)]
    case .scenario:
      return try DurableFile.list(root + "/Scenarios").map { try DurableFile.read("\(root)/Scenarios/\($0)") }
    case .lab:
      let text = """
        lab: study
        bricks: xfs
        heal-threads: 1
        fencing: onoff
        monitoring: [prometheus, sms]
        networks: {internal: {rate: 100mbit}, external: {delay: 2ms}}

        """
      return [Array(text.utf8)]
    case .schedule: return [Array(Self.scheduleText.utf8)]
    case .calendar: return [Array(Self.calendarText.utf8)]
    case .journal:
      guard let run = try DurableFile.list(root + "/reports").first(where: { $0.hasPrefix("20") }) else {
        return []
      }
      let events = try DurableFile.read("\(root)/reports/\(run)/events.jsonl")
      let samples = try DurableFile.read("\(root)/reports/\(run)/samples.csv")
      return [2_000, 20_000].map { events + [Self.separator] + samples.prefix($0) }
    case .samples:
      var encoder = SampleEncoder()
      let blocks = Self.seedSamples.map { encoder.block($0) }
      let whole: [UInt8] = SampleEncoder.header + blocks.joined()
      let rows = Self.seedSamples.map { $0.csv + "\n" }.joined()
      let csv: [UInt8] = [1] + Array("\(Sample.csvHeader)\n\(rows)".utf8)
      let padded: [UInt8] = [2] + whole + [UInt8](repeating: 0, count: 100)
      return [[0] + whole, padded, [9] + whole.dropLast(5), csv]
    case .records:
      // Marks of a head, and of a torn record at the end of its sector.
      let head: [UInt8] = Array("HRUM".utf8) + [UInt8](repeating: 0, count: 508)
      let torn: [UInt8] =
        [UInt8](repeating: 1, count: 504) + Array("2RUM".utf8) + [UInt8](repeating: 0, count: 4)
      var chain: [UInt8] = []
      for at in 0..<200 { chain += [UInt8(at / 64), 1, UInt8(max(at - 1, 0) / 64), 1] }
      return [head + torn, chain]
    case .views: return Self.toolOutputs.map { Array($0.utf8) }
    case .answers: return Self.answerSeeds
    case .comparison: return try Self.comparisonSeeds(root: root)
    case .evidence: return try Self.evidenceSeeds()
    }
  }

  private static let scheduleText = """
    schedule: monthly
    scenario: ping-timeout.yaml
    fleet: fleet.yaml
    reports: reports
    every: month
    window: {days: [tue, wed], from: "09:00", to: "12:00"}
    timezone: Europe/Vienna
    calendars: [calendar.ics]
    seed: 7
    retry: 2
    period: 35
    gates:
      backup: {file: /var/backups/last, younger-than: 26h}
      space: {free-space: 5000}
      duty: {during: duty.ics}
      alerts: {command: "true", timeout: 10s}
    notify:
      team: {mail: [ops@example.org], from: murphy@example.org, notices: [result]}
      room: {matrix: "https://example.org", room: "!a", token-file: /etc/murphy/matrix}
      hook: {webhook: "https://example.org", secret-file: /etc/murphy/hook}
    announce: [24h]
    escalate: [team]

    """

  private static let calendarText = """
    BEGIN:VCALENDAR
    VERSION:2.0
    BEGIN:VEVENT
    DTSTART;TZID=Europe/Vienna:20240229T090000
    DURATION:P1DT2H
    RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=2,11;BYDAY=-1TH,MO;UNTIL=20300101
    EXDATE;TZID=Europe/Vienna:20260226T090000,20261102T090000
    SUMMARY:a long\\, folded
      text
    END:VEVENT
    BEGIN:VEVENT
    DTSTART;VALUE=DATE:20200101
    DTEND;VALUE=DATE:20200103
    RRULE:FREQ=DAILY;COUNT=900;BYMONTHDAY=-1,15;WKST=SU
    END:VEVENT
    END:VCALENDAR

    """

  static func order(_ fault: String = "host.unplug", _ words: [String: String] = [:]) throws -> FaultOrder {
    let target: Target =
      switch fault {
      case "link.drop": .link(.named("falco"), network: "internal")
      case "vm.freeze": .vm("web")
      default: .host(.named("falco"))
      }
    let step = Step(
      name: "cut", trigger: .at(.zero), fault: fault, target: target, duration: .seconds(60),
      parameters: words.mapValues { .word($0) })
    return try Catalogue.order(for: step, on: standingFleet.hosts[2], in: standingFleet)
  }

  private static func requests() throws -> [RequestLine] {
    let requests: [Request] = [
      .hello(run: "run-1"), .clock, .survey(views: [.init("gluster", ["volume": .string("vms")])]),
      .check(try order("vm.freeze", ["mode": "hang"]).spec, duration: .seconds(60)),
      .arm(lease: "a1", order: try order().spec, begins: .seconds(2), duration: .seconds(60)),
      .arm(
        lease: "a2", order: try order("link.drop", ["mode": "silent", "direction": "in"]).spec, begins: .zero,
        duration: .seconds(1)),
      .arm(lease: "a3", order: try order("firewall.lock").spec, begins: .zero, duration: .seconds(1)),
      .inject(lease: "a1"), .revert(lease: "a1"), .forget(lease: "a1"), .leases, .state(thawing: ["a1"]),
      .thaw(leases: ["a1"]),
      .query(.init("gluster", ["volume": .string("vms")])), .query(.init("pacemaker")),
    ]
    return requests.enumerated().map { RequestLine(id: $0.offset, request: $0.element) }
  }

  private static func agentLines() -> [AgentLine] {
    [
      .greeting, .notice(.report("held")), .notice(.refused("not root")), .reply(id: 1, .clock(.seconds(9))),
      .reply(id: 2, .done),
      .reply(id: 3, .state(HostState(unreadable: "no"))),
      .refusal(id: 4, .noRun), .notice(.warning("careful")),
      .notice(.domain(name: "web", state: .running, what: "started", at: .seconds(3))),
      .reply(id: 5, .checked(cutsControlPath: true, missing: [])), .notice(.stuck(lease: "a1", "no")),
    ]
  }

  private static let seedSamples =
    (1...40 as ClosedRange<Int64>).map { number in
      var sample = Sample(
        trial: 1, probe: number.isMultiple(of: 3) ? "writes" : "website", sequence: number,
        scheduled: .milliseconds(100 * number), sent: .milliseconds(100 * number + 1),
        completed: .milliseconds(100 * number + 3), verdict: .ok, status: "200")
      if number.isMultiple(of: 5) { (sample.sent, sample.verdict, sample.status) = (nil, .unknown, "late") }
      if number.isMultiple(of: 7) { (sample.verdict, sample.status) = (.fail, "refused") }
      if number.isMultiple(of: 2) { sample.boot = "3f9a\(number / 9)" }
      if number.isMultiple(of: 4) {
        sample.parts = RequestParts(connected: .milliseconds(1), firstByte: .milliseconds(2))
      }
      return sample
    } as [Sample]

  private static let leases: [[UInt8]] = [
    #"{"boot":"another","cutsControlPath":true,"deadline":100000000000,"name":"a1","order":{"fault":"firewall.lock","order":{"allow":[22],"direction":"in","keepsEstablished":true}},"run":"run-1","undo":"eyJ0YWJsZSI6eyJmYW1pbHkiOiJpbmV0IiwibmFtZSI6Im11cnBoeV9hMSJ9fQ==","version":1}"#,
    #"{"boot":"another","cutsControlPath":false,"deadline":1,"name":"a1","order":{"fault":"link.drop","order":{"cut":{"direction":"both","links":["none0"],"mode":"silent"}}},"run":"run-1","undo":"e30=","version":1}"#,
  ].map { Array($0.utf8) + [separator] + Array(log.utf8) }

  private static let log = """

    {"injecting":{}}

    {"effective":{"_0":{"at":1,"evidence":"seen","took":2}}}

    {"ended":{"_0":{"boot":"another","cause":"others","firstEnded":5,"lastActive":4,"reason":"link eth0 is up"}}}

    {"reverting":{"_0":{"lastActive":4}}}

    """

  private static let toolOutputs = [
    """
    <cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><peerStatus>
    <peer><uuid>1</uuid><hostname>falco</hostname><connected>1</connected><state>3</state></peer></peerStatus></cliOutput>\u{1E}\
    <cliOutput><healInfo><bricks><brick hostUuid="-"><name>falco:/b</name><status>Connected</status>
    <totalNumberOfEntries>3</totalNumberOfEntries><numberOfEntriesInSplitBrain>0</numberOfEntriesInSplitBrain></brick>
    </bricks></healInfo><opRet>0</opRet></cliOutput>
    """,
    """
    <pacemaker-result api-version="2.25"><summary><current_dc present="true" with_quorum="true"/></summary>
    <nodes><node name="falco" online="true" unclean="false"/></nodes>
    <resources><resource id="web" role="Started" failed="false" blocked="false"><node name="falco"/></resource></resources>
    <status code="0" message="OK"/></pacemaker-result>
    """,
    """
    <cliOutput><opRet>0</opRet><volInfo><volumes><volume><name>vms</name><typeStr>Replicate</typeStr><bricks>
    <brick uuid="x">falco:/b<name>falco:/b</name></brick></bricks><options><option><name>a.b</name><value>1</value></option>
    </options></volume></volumes></volInfo></cliOutput>
    """,
    #"[{"labels":{"alertname":"HostDown","instance":"falco:9100"}}]"#,
    #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"NaN"]}]}}"#,
    "DISK OK | /=1", "42", #""STRING: web""#, #"{"members":[{"state":"running","lag":0}]}"#,
    "/var/spool/sms/sent/a\0Sent: 26-11-27 09:16:06\n/var/spool/sms/sent/a\0\n/var/spool/sms/sent/a\0FIRING: HostDown\n",
    #"{"alerts":[{"status":"firing","labels":{"alertname":"MurphyCanary","run":"run-1"}}]}"#,
  ]

  static let standingFleet = Fleet(
    name: "tdf",
    networks: [
      .init(name: "internal", role: .storage, cidr: "10.77.1.0/24"),
      .init(name: "external", role: .service, cidr: "10.77.2.0/24"),
    ],
    hosts: ["dauntless", "excelsior", "falco"].map {
      .init(name: $0, ssh: "root@\($0)", links: ["internal": "none1", "external": "none0"])
    }, vms: [.init(name: "web", domain: "web")], quorum: 2,
    probes: [
      .init(name: "website", kind: .http, target: "http://10.77.2.101/"),
      .init(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000"),
    ],
    views: [
      .init(name: "storage", kind: .init("gluster", ["volume": .string("vms")])),
      .init(name: "manager", kind: .init("pacemaker")),
    ])

  private static let fleetText = """
    fleet: tdf
    networks:
      internal: {role: storage, cidr: 10.77.1.0/24}
      external: {role: service, cidr: 10.77.2.0/24}
    hosts:
      dauntless: {ssh: root@dauntless.example.org, links: {internal: eth1, external: eth0}, bmc: {ipmi: 10.0.0.11, user: admin, password-file: /etc/murphy/bmc}}
      falco: {ssh: root@falco, links: {internal: eth1}}
    vms:
      web: {domain: web}
    quorum: 2
    probes:
      website: {http: "http://10.77.2.101/", every: 100ms, timeout: 1s, expect: {status: 200}}
      writes: {append: "tcp://10.77.2.101:7000", every: 100ms}
    views:
      storage: {gluster: vms}
      manager: {pacemaker: {}}
    netns: {path: /run/netns/lab, inode: 7}

    """
}
