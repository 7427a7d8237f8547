import Files
import Foundation
import Scenario
import Testing

@Suite struct GoodFileTests {
  @Test("The example fleet is read")
  func readsTheExampleFleet() throws {
    let parsed = try FleetFile.parse(text: exampleFleet, file: "fleet.yaml")
    // The example has one of the three hosts.
    #expect(
      parsed.diagnostics.map(\.description) == [
        "fleet.yaml:9:9: warning: quorum: 2 hosts can never be up, since the fleet has 1: add its other hosts"
      ])
    #expect(
      parsed.value
        == Fleet(
          name: "tdf",
          networks: [
            .init(name: "internal", role: .storage, cidr: "10.77.1.0/24"),
            .init(name: "external", role: .service, cidr: "10.77.2.0/24"),
          ],
          hosts: [
            .init(
              name: "dauntless", ssh: "root@dauntless.example.org",
              links: ["internal": "eth1", "external": "eth0"],
              bmc: .init(ipmi: "10.0.0.11", user: "admin", passwordFile: "/etc/murphy/bmc"))
          ],
          vms: [.init(name: "web", domain: "web")], quorum: 2,
          probes: [
            .init(
              name: "website", kind: .http, target: "http://10.77.2.101/", every: .milliseconds(100),
              options: ["expect": .object(["status": .integer(200)])]),
            .init(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000", every: .milliseconds(100)),
          ],
          views: [
            .init(name: "storage", kind: .init("gluster", ["volume": .string("vms")])),
            .init(name: "manager", kind: .init("pacemaker")),
            .init(
              name: "monitoring", kind: .init("alertmanager", ["url": .string("http://10.77.2.250:9093")])),
          ]))
  }

  @Test("The example scenario is read")
  func readsTheExampleScenario() throws {
    let fleet = try FleetFile.parse(text: exampleFleet, file: "fleet.yaml").value
    let parsed = try ScenarioFile.parse(
      text: exampleScenario, file: "scenario.yaml", fleet: fleet, catalogue: catalogue)
    #expect(parsed.diagnostics.isEmpty)
    #expect(
      parsed.value
        == Scenario(
          name: "unplug-host", title: "One host loses every cable, unannounced", rehearses: ["a"],
          steady: .init(
            duration: .seconds(10), probes: ["website", "writes"], views: ["storage", "manager"]),
          timeline: [
            Step(
              name: "step-1", trigger: .at(.zero), fault: "host.unplug", target: .host(.hostOf("web")),
              duration: .seconds(90), parameters: ["mode": .word("carrier")])
          ],
          recovery: .init(stable: .seconds(10), noProgress: .seconds(300), cap: .seconds(1800)),
          objectives: [
            .init(subject: "website", metric: .downtime, relation: .max, limit: 60_000_000_000),
            .init(subject: "writes", metric: .lost, relation: .max, limit: 0),
            .init(subject: "manager", metric: .timeToDetect, relation: .max, limit: 15_000_000_000),
            .init(subject: nil, metric: .residue, relation: .max, limit: 0),
          ],
          guards: [.init(when: .exceeds(.hostsDown, 1))], trials: 3))
  }

  @Test("Every key of every kind of probe is read") func readsProbes() throws {
    let fleet = try FleetFile.parse(
      text: exampleFleet.replacing(
        "probes:\n",
        with: """
          probes:
            shop:
              http: "https://www.example.org/"
              ca: /etc/ssl/ca.pem
              headers: {X-Test: murphy}
              resolve: {www.example.org: 10.77.2.101}
              redirects: 3
              http-version: 2
              ip: v6
              longest-body: 1000
            name: {dns: _sip._tcp.example.org, server: 10.77.2.53, port: 5353, record: SRV, answer: 1 2 5060 a.}
            names: {dns: example.org., server: "fd00::53", answer: [10.0.0.1, 10.0.0.2]}
            router: {ping: "fe80::1%eth0"}
            disk: {exec: [check_disk, -w, "10%"], timeout: 10s}

          """), file: "fleet.yaml"
    ).value
    #expect(
      fleet.probe("shop")?.options == [
        "ca": .string("/etc/ssl/ca.pem"), "headers": .object(["X-Test": .string("murphy")]),
        "resolve": .object(["www.example.org": .string("10.77.2.101")]), "redirects": .integer(3),
        "http-version": .string("2"), "ip": .string("v6"), "longest-body": .integer(1000),
      ])
    #expect(
      fleet.probe("name")?.options == [
        "server": .string("10.77.2.53"), "port": .integer(5353), "record": .string("SRV"),
        "answer": .array([.string("1 2 5060 a.")]),
      ])
    #expect(fleet.probe("names")?.target == "example.org.")
    #expect(fleet.probe("names")?.options["answer"] == .array([.string("10.0.0.1"), .string("10.0.0.2")]))
    #expect(fleet.probe("router")?.target == "fe80::1%eth0")
    #expect(fleet.probe("disk")?.target == "check_disk -w 10%")
    #expect(
      fleet.probe("disk")?.options == [
        "exec": .array([.string("check_disk"), .string("-w"), .string("10%")])
      ])
  }

  @Test("Every key of a fleet is read")
  func readsEveryKeyOfAFleet() throws {
    let fleet = try lab()
    #expect(fleet.hosts.map(\.name) == ["dauntless", "excelsior", "falco"])
    #expect(fleet.host("falco")?.links == ["internal": "eth1", "external": "eth0"])
    #expect(fleet.host("excelsior")?.become == .sudo && fleet.host("falco")?.become == nil)
    #expect(
      fleet.probe("website")?.options == [
        "expect": .object(["status": .integer(200), "body": .string("hello")])
      ])
    #expect(fleet.probe("ssh-port") == .init(name: "ssh-port", kind: .tcp, target: "tcp://10.77.2.1:22"))
    #expect(fleet.probe("gateway")?.kind == .ping)
    #expect(
      fleet.view("storage")
        == .init(name: "storage", kind: .init("gluster", ["volume": .string("vms")]), every: .seconds(2)))
    #expect(fleet.sshConfig == "/etc/murphy/ssh_config")
    #expect(fleet.netns == .init(path: "/run/netns/lab", inode: 4_026_532_200))
  }

  @Test("Every key of a scenario is read")
  func readsEveryKeyOfAScenario() throws {
    let parsed = try ScenarioFile.parse(text: labScenario, file: "s", fleet: try lab(), catalogue: catalogue)
    let scenario = parsed.value
    #expect(parsed.diagnostics.isEmpty)
    #expect(scenario.rehearses == ["a", "h", "4711"])
    #expect(
      scenario.timeline == [
        Step(
          name: "cut", trigger: .at(.seconds(5)), fault: "link.drop",
          target: .link(.named("falco"), network: "internal"), duration: .seconds(60),
          parameters: ["mode": .word("silent"), "direction": .word("in")]),
        Step(
          name: "step-2", trigger: .after(step: "cut", delay: .seconds(10)), fault: "firewall.lock",
          target: .host(.any), duration: .seconds(30),
          parameters: ["direction": .word("in"), "allow": .ports([22, 7000]), "established": .word("cut")]),
        Step(
          name: "step-3", trigger: .when(.sees(view: "manager", object: "falco", state: .down)),
          fault: "vm.freeze", target: .vm("web"), duration: .seconds(30), parameters: ["mode": .word("pause")]
        ),
      ])
    #expect(
      scenario.guards.map(\.when) == [
        .exceeds(.hostsDown, 1), .down(probe: "website", longerThan: .seconds(300)),
      ])
    #expect(scenario.objectives.map(\.relation) == [.max, .exactly, .max, .max, .max])
    #expect(scenario.beyondQuorum)
    #expect(scenario.shorterFault == .counts)
  }

  @Test("An explicit default is the same as a missing key")
  func shorterFault() throws {
    for (line, value) in [("shorter-fault: void", nil), ("shorter-fault: counts", .counts)]
      as [(String, Scenario.ShorterFault?)]
    {
      let parsed = try ScenarioFile.parse(
        text: text(labScenario, line: 30, replacedBy: line), file: "s", fleet: try lab(), catalogue: catalogue
      )
      #expect(parsed.diagnostics.isEmpty && parsed.value.shorterFault == value)
    }
  }

  @Test("Missing optional keys get their defaults")
  func fillsInWhatIsOptional() throws {
    let scenario = try ScenarioFile.parse(
      text: """
        scenario: short
        steady: {for: 1s, probes: [website]}
        timeline: [{at: 0s, fault: vm.freeze, target: {vm: web}, for: 1s}]
        """, file: "s", fleet: try lab(), catalogue: catalogue
    ).value
    #expect(scenario.title == "short")
    #expect(scenario.trials == 1)
    #expect(scenario.recovery == Scenario.Recovery())
    #expect(!scenario.beyondQuorum)
    #expect(scenario.shorterFault == nil)
    #expect(scenario.guards.isEmpty && scenario.objectives.isEmpty && scenario.rehearses.isEmpty)
  }

  @Test("The sides of a partition are read")
  func readsPartitionsForFaultsThatTakeThem() throws {
    let scenario = try partition("{sides: [[dauntless], [excelsior, falco]], network: internal}")
    #expect(
      scenario.timeline.first?.target
        == .sides([["dauntless"], ["excelsior", "falco"]], network: "internal"))
    let everywhere = try partition("{sides: [[dauntless], [excelsior]]}")
    #expect(everywhere.timeline.first?.target == .sides([["dauntless"], ["excelsior"]], network: nil))
    #expect(everywhere.timeline.first?.parameters["mode"] == .word("silent"))
  }

  private func partition(_ target: String, more: String = "", fleet text: String = sidesFleet) throws
    -> Scenario
  {
    try ScenarioFile.parse(
      text: """
        scenario: sides
        steady: {for: 1s, probes: [website]}
        timeline:
          - at: 0s
            fault: partition
            target: \(target)
            for: 1s
        \(more)
        """, file: "s", fleet: try FleetFile.parse(text: text, file: "f").value, catalogue: catalogue
    ).value
  }

  /// Falco has no link on the external network, and no address there.
  private static let sidesFleet = """
    fleet: lab
    networks: {internal: {role: storage, cidr: 10.77.1.0/24}, external: {role: service, cidr: 10.77.2.0/24}}
    hosts:
      dauntless: {ssh: d, links: {internal: eth1, external: eth0}, addresses: {internal: 10.77.1.11, external: 10.77.2.11}}
      excelsior: {ssh: e, links: {internal: eth1, external: eth0}, addresses: {internal: [10.77.1.12, "fd00::0:12"], external: []}}
      falco: {ssh: f, links: {internal: eth1}, addresses: {internal: 10.77.1.13}}
    quorum: 1
    probes: {website: {http: "http://10.77.2.101/"}}
    """

  @Test("A host's addresses are read as the kernel writes them")
  func readsAddresses() throws {
    let hosts = try FleetFile.parse(text: Self.sidesFleet, file: "f").value.hosts
    #expect(hosts[0].addresses == ["internal": ["10.77.1.11"], "external": ["10.77.2.11"]])
    #expect(hosts[1].addresses == ["internal": ["10.77.1.12", "fd00::12"], "external": []])
    #expect(try lab().hosts.allSatisfy { $0.addresses == nil })
  }

  @Test("The manager's addresses are read as the kernel writes them, and none may be a host's")
  func readsTheManager() throws {
    func manager(_ addresses: String) throws -> Fleet.Manager? {
      try FleetFile.parse(text: Self.sidesFleet + "\nmanager: {addresses: \(addresses)}", file: "f").value
        .manager
    }
    #expect(try manager("10.77.2.9") == .init(addresses: ["10.77.2.9"]))
    #expect(try manager("[10.77.2.9, \"fd00::0:9\"]") == .init(addresses: ["10.77.2.9", "fd00::9"]))
    #expect(try lab().manager == nil)
    let found = try refusal { _ = try manager("[10.77.2.9, 10.77.1.11]") }
    #expect(places(found) == ["9:34"])
    #expect(found.first?.kind == .duplicate && found.first?.message.contains("'dauntless'") == true)
  }

  @Test("A partition of hosts without addresses is refused at each host with the next step")
  func refusesSidesWithoutAddresses() throws {
    let found = try refusal {
      _ = try partition(
        "{sides: [[dauntless], [excelsior, falco]], network: internal}", fleet: labFleet)
    }
    #expect(places(found) == ["6:23", "6:36", "6:47"])
    #expect(found.allSatisfy { $0.kind == .absent })
    // A partition on all networks needs the addresses on each network on which the host has a link.
    let everywhere = try refusal { _ = try partition("{sides: [[dauntless], [falco]]}", fleet: labFleet) }
    #expect(everywhere.first?.kind == .absent && everywhere.first?.message.contains("external") == true)
    #expect(try refusal { _ = try partition("{sides: [[dauntless], [falco]]}") }.isEmpty)
    // A carrier cut can't divide a network.
    let carrier = try refusal {
      _ = try partition("{sides: [[dauntless], [falco]]}", more: "    mode: carrier")
    }
    #expect(places(carrier) == ["8:11"])
    // The host has no link on this network.
    let absent = try refusal { _ = try partition("{sides: [[dauntless], [falco]], network: external}") }
    #expect(absent.map(\.kind) == [.absent])
  }

  @Test("Stars and ampersands in a text are kept")
  func keepsStarsAndAmpersandsInTexts() throws {
    let scenario = try ScenarioFile.parse(
      text: text(labScenario, line: 2, replacedBy: "title: R&D's 2 * 2 \"**\" &c."), file: "s",
      fleet: try lab(),
      catalogue: catalogue
    ).value
    #expect(scenario.title == "R&D's 2 * 2 \"**\" &c.")
  }

  @Test("A probe interval that is too long for its objective causes a warning")
  func warnsOfProbesWithLongIntervals() throws {
    let parsed = try ScenarioFile.parse(
      text: text(labScenario, line: 20, replacedBy: "  website.downtime: max 900ms"), file: "scenario.yaml",
      fleet: try lab(), catalogue: catalogue)
    #expect(
      parsed.diagnostics.map(\.kind) == [.coarse] && parsed.diagnostics.map(\.severity) == [.warning])
    #expect(places(parsed.diagnostics) == ["20:21"])
    #expect(parsed.value.objectives.first?.limit == 900_000_000)
  }

  @Test("A fleet of one host whose quorum is 0 is read without a warning")
  func readsTheOnlyHost() throws {
    let parsed = try FleetFile.parse(
      text: exampleFleet.replacing("quorum: 2", with: "quorum: 0"), file: "fleet.yaml")
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.value.quorum == 0)
  }

  @Test("A file's keys show whether it is a fleet or a scenario")
  func detectsTheKindOfAFile() {
    #expect(FileKind.detect(text: exampleFleet) == .fleet)
    #expect(FileKind.detect(text: exampleScenario) == .scenario)
    #expect(FileKind.detect(text: "scenaro: x\ntimeline: []\n") == .scenario)
    #expect(FileKind.detect(text: "fleet: x\nhosts: {a: [\n") == .fleet)
    #expect(FileKind.detect(text: "hello: world\n") == nil)
    #expect(FileKind.detect(text: "") == nil)
  }

  @Test(
    "The package's scenarios are read without warnings",
    arguments: ["unplug-host", "drop-internal-link", "freeze-vm", "lock-firewall"])
  func readsTheScenariosOfThePackage(_ name: String) throws {
    let path = scenarios.appending(path: "\(name).yaml").path
    let parsed = try ScenarioFile.read(path: path, fleet: try lab(), catalogue: catalogue)
    #expect(parsed.value.name == name)
    #expect(parsed.diagnostics.isEmpty)
    #expect(
      parsed.value.recovery == .init(stable: .seconds(10), noProgress: .seconds(180), cap: .seconds(600)))
    #expect(try FileKind.detect(path: path) == .scenario)
  }

  private var scenarios: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appending(path: "Scenarios")
  }
}

@Suite struct ConditionNotationTests {
  @Test(
    "Each form of a condition has an example that is valid",
    arguments: Condition.notations.map(\.example))
  func examplesRead(example: String) throws {
    let scenario = labScenario.replacing("hosts-down > 1", with: example)
    let parsed = try ScenarioFile.parse(text: scenario, file: "s", fleet: lab(), catalogue: catalogue)
    #expect(parsed.value.guards.first?.when.description == example)
  }
}
