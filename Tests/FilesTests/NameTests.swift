import Files
import Scenario
import Testing

/// Names in use, in fleets, scenarios and conditions.
@Suite struct NameTests {
  private func fleet(_ host: String, vm: String = "web: {domain: web}") throws -> Fleet {
    try FleetFile.parse(
      text: """
        fleet: names
        networks: {internal: {role: storage, cidr: 10.77.1.0/24}}
        hosts:
          \(host)
        vms:
          \(vm)
        quorum: 1
        probes:
          website: {ping: 10.77.2.101}
        views:
          manager: {pacemaker: {}}
          storage: {gluster: vms}
        """, file: "fleet.yaml"
    ).value
  }

  private func scenario(_ extra: String, for fleet: Fleet) throws -> Scenario {
    try ScenarioFile.parse(
      text: """
        scenario: names
        steady: {for: 1s, probes: [website], views: [manager, storage]}
        timeline:
          - {at: 0s, fault: vm.freeze, target: {vm: \(fleet.vms[0].name)}, for: 1s}
        \(extra)
        """, file: "scenario.yaml", fleet: fleet, catalogue: catalogue
    ).value
  }

  @Test(
    "A host's name can be any DNS name, with underscores",
    arguments: ["kvm_1", "_lab", "kvm-1.example.org", "kvm.1", "KVM1"])
  func hosts(_ name: String) throws {
    let fleet = try fleet("\(name): {ssh: root@a, links: {internal: eth1}}")
    #expect(fleet.hosts.map(\.name) == [name])
    let scenario = try scenario(
      "  - {at: 5s, fault: host.unplug, target: {host: \(name)}, for: 1s}", for: fleet)
    #expect(scenario.timeline[1].target == .host(.named(name)))
  }

  @Test(
    "A link is named by its name or by an alternative name",
    arguments: ["eth0", "enp3s0f0np0", "vlan.100", "storage-link-of-the-second-rack-port-0"])
  func links(_ name: String) throws {
    let fleet = try fleet("falco: {ssh: root@a, links: {internal: \(name)}}")
    #expect(fleet.hosts[0].links == ["internal": name])
  }

  @Test(
    "ssh destinations are accepted as ssh accepts them",
    arguments: [
      ("root@10.77.2.13", "10.77.2.13"), ("kvm3", "kvm3"), ("ssh://root@kvm3:2222", "kvm3"),
      ("ssh://kvm3", "kvm3"),
      ("root@fd00::13", "fd00::13"), ("fe80::1%eth0", "fe80::1%eth0"), ("ann@corp.example@kvm_3", "kvm_3"),
    ])
  func destinations(_ destination: String, _ host: String) throws {
    let fleet = try fleet("falco: {ssh: \"\(destination)\", links: {internal: eth1}}")
    #expect(fleet.hosts[0].ssh == destination)
    #expect(fleet.hosts[0].sshHost == host)
  }

  @Test("A virtual machine's name may have dots and underscores, also before a metric")
  func virtualMachines() throws {
    let fleet = try fleet(
      "falco: {ssh: root@a, links: {internal: eth1}}", vm: "web_1.example: {domain: web_1.example}")
    let scenario = try scenario("objectives: {web_1.example.time-to-fail-over: max 60s}", for: fleet)
    #expect(scenario.objectives.map(\.subject) == ["web_1.example"])
    #expect(scenario.objectives.map(\.metric) == [.timeToFailOver])
  }

  @Test("A name that ends like a metric is still the subject of the metric after it")
  func metricAsAName() throws {
    let fleet = try fleet(
      "falco: {ssh: root@a, links: {internal: eth1}}", vm: "web.downtime: {domain: web}")
    let scenario = try scenario("objectives: {web.downtime.time-to-fail-over: max 60s}", for: fleet)
    #expect(scenario.objectives.map(\.subject) == ["web.downtime"])
  }

  @Test("A subject with dots and no metric is named with the metrics that fit it")
  func subjectAlone() throws {
    let fleet = try fleet(
      "falco: {ssh: root@a, links: {internal: eth1}}", vm: "web.example: {domain: web}")
    let found = try refusal { _ = try scenario("objectives: {web.example: max 60s}", for: fleet) }
    #expect(found.filter { $0.severity == .error }.map(\.kind) == [.missing], "\(found)")
    #expect(places(found.filter { $0.severity == .error }) == ["5:14"], "\(found)")
    #expect(found.first?.message.contains("time-to-fail-over") == true)
  }

  private static let aliased =
    "falco: {ssh: root@falco.example.org, links: {internal: eth1}, aliases: [kvm3, 10.77.1.13]}"

  @Test(
    "A condition may call a host what the platform calls it",
    arguments: ["falco", "kvm3", "kvm3.example.org", "falco.example.org", "10.77.1.13", "KVM3"])
  func conditions(_ name: String) throws {
    let fleet = try fleet(Self.aliased)
    for view in ["manager", "storage"] {
      let scenario = try scenario("guards: [{when: \(view) sees \(name) down, then: abort}]", for: fleet)
      #expect(
        scenario.guards.map(\.when) == [.sees(view: view, object: "falco", state: .down)], "\(view)")
    }
  }

  @Test("A target may be named by an alias") func targets() throws {
    let scenario = try scenario(
      "  - {at: 5s, fault: host.unplug, target: {host: kvm3}, for: 1s}", for: try fleet(Self.aliased))
    #expect(scenario.timeline[1].target == .host(.named("falco")))
  }

  @Test("A condition may use the manager's name for a virtual machine") func aliasOfAVirtualMachine()
    throws
  {
    let fleet = try fleet(Self.aliased, vm: "web: {domain: web, aliases: [vm_web]}")
    let scenario = try scenario("guards: [{when: manager sees vm_web down, then: abort}]", for: fleet)
    #expect(scenario.guards.map(\.when) == [.sees(view: "manager", object: "web", state: .down)])
  }

  @Test(
    "A name that no host has is an error with a hint",
    arguments: [
      ("manager", "flaco", "'falco'"), ("storage", "web", "'web'"), ("manager", "zz", "'zz'"),
      ("manager", "brick", "'brick'"),
    ])
  func unknownNames(_ view: String, _ name: String, _ shown: String) throws {
    let fleet = try fleet(Self.aliased)
    let found = try refusal {
      _ = try scenario("guards: [{when: \(view) sees \(name) down, then: abort}]", for: fleet)
    }
    #expect(found.map(\.kind) == [.absent])
    #expect(found.first?.message.contains(shown) == true, "\(found)")
  }

  @Test(
    "The words brick, peer and host mean any object of the kind", arguments: ["brick", "peer", "host"])
  func anyObject(_ word: String) throws {
    let scenario = try scenario(
      "guards: [{when: storage sees \(word) down, then: abort}]", for: try fleet(Self.aliased))
    #expect(scenario.guards.map(\.when) == [.sees(view: "storage", object: word, state: .down)])
  }

  @Test("Each kind of view has its own key") func views() throws {
    let fleet = try FleetFile.parse(
      text: exampleFleet, file: "fleet.yaml"
    ).value
    #expect(
      fleet.views.map(\.kind) == [
        ViewSpec("gluster", ["volume": .string("vms")]), ViewSpec("pacemaker"),
        ViewSpec("alertmanager", ["url": .string("http://10.77.2.250:9093")]),
      ])
  }
}
