import Linux
import Testing

@testable import Lab

@Suite struct LabSpecTests {
  /// Runs on one host, after a part of the other component.
  private struct Beacon: LabComponent {
    let name = "beacon"
    let programs: KeyValuePairs = ["beacon-package": ["beacond"]]
    let folders = ["var/beacon"]
    func files(on host: LabHost, in lab: Lab) -> [String: String] { ["etc/beacon.conf": host.name] }
    func services(on host: LabHost, in lab: Lab) -> [LabService] {
      [
        LabService(
          part: LabPart(rawValue: "beacon"), daemon: "beacond", log: "/var/log/beacon", after: [.libvirt],
          start: "setsid -f beacond", ask: .inHost("beacon --ask"), patience: 1)
      ]
    }
    func add(to fleet: inout LabFleet, in lab: Lab) { fleet.hosts["b", default: []].append("beacon: true") }
  }

  private let spec: LabSpec = {
    let network = LabNetwork(name: "net", role: .service, prefix: "10.1.1", link: "eth0", carriesGuests: true)
    return LabSpec(
      name: "two", summary: "two hosts", hosts: ["a", "b"], networks: [network],
      placements: [
        .init(Libvirtd(network: network)), .init(Beacon(), on: ["b"]),
        .init(BMC(network: network), on: ["a"]),
      ])
  }()

  @Test("A component that is placed on one host starts only there, and after the components that it needs")
  func placement() throws {
    let lab = try Lab(name: "l", spec: spec, stateRoot: "/s", agent: "/bin/true")
    let boots = spec.hosts.map { $0.bootScript(in: lab) }
    #expect(!boots[0].contains("beacon"))
    #expect(boots[1].contains("setsid -f sh /etc/lab/after.sh b beacon libvirt "))
    #expect(spec.hosts[1].files(in: lab)["etc/lab/start/beacon.sh"] == "setsid -f beacond\n")
    #expect(spec.hosts[1].files(in: lab)["etc/lab/ask/libvirt.sh"]?.contains("virsh") == true)
    let record = LabRecord(
      lab: "l", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7), networkNamespace: 1)
    let hosts = LabFleet.text(of: lab, record: record).split(separator: "\n").filter {
      $0.contains("ssh: root@")
    }
    #expect(hosts.map { $0.contains("bmc: {ipmi: 10.1.1.11,") } == [true, false])
    #expect(spec.hosts.map { $0.ownFolders(spec).contains("var/beacon") } == [false, true])
  }

  @Test("Preflight names the package of each program that a spec's components need")
  func programs() {
    let lines = spec.missingPrograms { !$0.hasSuffix("/tini") && !$0.hasSuffix("/beacond") }
    #expect(lines == ["no tini: apt-get install tini", "no beacond: apt-get install beacon-package"])
    #expect(
      LabSpec.threeHosts.missingPrograms { $0.hasPrefix("/usr/sbin/") || $0.hasPrefix("/usr/bin/") }.isEmpty)
  }

  @Test(
    "Every built-in spec is complete: parts exist, are unique and come after earlier ones, device names fit",
    arguments: LabSpec.all)
  func builtIn(spec: LabSpec) throws {
    let lab = try Lab(name: "l", spec: spec, stateRoot: "/s", agent: "/bin/true")
    for host in spec.hosts {
      var earlier: Set<LabPart> = []
      for service in host.services(in: lab) {
        for needed in service.after {
          let found = host.services(in: lab).first { $0.part == needed }
          guard case .inHost = found?.ask else {
            Issue.record("\(service.part.rawValue) comes after \(needed.rawValue), which a boot can't ask")
            continue
          }
        }
        #expect(earlier.isSuperset(of: service.after))
        #expect(earlier.insert(service.part).inserted, "\(service.part.rawValue) exists twice")
      }
      for network in spec.networks {
        // IFNAMSIZ is 16, with the final zero; a shaped port has a second device, named with two characters more.
        #expect(network.port(of: host).utf8.count <= (network.rate == nil ? 15 : 13))
      }
    }
    let names = spec.components.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(spec.hosts.map(\.number)) == Set(1...spec.hosts.count))
    #expect(try LabSpec.named(spec.name).name == spec.name)
  }

  @Test("An unknown spec is refused with the names of the existing ones")
  func unknown() {
    #expect(throws: LabError.unknownSpec("four", known: LabSpec.all.map(\.name))) {
      try LabSpec.named("four")
    }
  }

  @Test("A rate is set at the switch's port in both directions, and a delay in one")
  func shaping() {
    var network = LabNetwork(name: "internal", role: .storage, prefix: "10.1.1", link: "eth1")
    #expect(network.shaping.isEmpty)
    #expect(network.trial.isEmpty)
    network.rate = 100_000_000
    #expect(
      network.shaping.split(separator: "\n").filter { $0.contains("root") } == [
        "tc qdisc add dev \"$1\" root handle 1: tbf rate 100000000bit burst 128kb latency 50ms",
        "tc qdisc add dev \"$1-i\" root handle 1: tbf rate 100000000bit burst 128kb latency 50ms",
      ])
    network.delay = .microseconds(1500)
    let lines = network.shaping.split(separator: "\n")
    #expect(
      lines.prefix(2) == [
        "tc qdisc add dev \"$1\" root handle 1: netem delay 1500us limit 10000",
        "tc qdisc add dev \"$1\" parent 1:1 handle 2: tbf rate 100000000bit burst 128kb latency 50ms",
      ])
    #expect(lines.filter { $0.contains("netem") }.count == 1)
  }

  @Test("A missing kernel feature for rate or delay is reported with its module")
  func trial() async throws {
    var network = LabNetwork(name: "internal", role: .storage, prefix: "10.1.1", link: "eth1")
    network.rate = 1_000_000
    network.delay = .milliseconds(1)
    let lacking = "tc() { return 1; }\nip() { return 1; }\n"
    let found = try await Command.run(["sh", "-c", lacking + network.trial])
    let modules = found.outputText.split(separator: "\n").compactMap {
      $0.split(separator: " ").last.map(String.init)
    }
    #expect(modules == ["ifb", "sch_tbf", "sch_ingress", "act_mirred", "sch_netem"])
    let complete = "tc() { :; }\nip() { :; }\n"
    #expect(try await Command.run(["sh", "-c", complete + network.trial]).outputText.isEmpty)
  }
}
