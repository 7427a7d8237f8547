import FoundationEssentials
import Linux
import Scenario
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

  /// Pacemaker's configuration on a host.
  private func clusterConfiguration(_ host: LabHost, _ lab: Lab) throws -> String {
    let files = lab.spec.components(on: host).map { $0.files(on: host, in: lab) }
    return try #require(files.compactMap { $0["var/lib/pacemaker/cib/cib.xml"] }.first)
  }

  @Test("The options of a spec choose its components and their settings")
  func options() throws {
    var options = LabOptions(name: "mine")
    options.bricks = .xfs
    options.fencing = .cycle
    options.healThreads = 1
    options.backgroundHeals = 0
    let lab = try Lab(name: "l", spec: LabSpec(options), stateRoot: "/s", agent: "/bin/true")
    let falco = lab.spec.hosts[2]
    #expect(
      Set(lab.spec.components.map(\.name)).symmetricDifference(LabSpec.threeHosts.components.map(\.name)) == [
        "brick-disk", "fencing",
      ])
    let configuration = try clusterConfiguration(falco, lab)
    #expect(configuration.contains(#"name="stonith-enabled" value="true""#))
    for host in lab.spec.hosts {
      #expect(configuration.contains(#"name="pcmk_host_list" value="\#(host.name)"/>"#))
      #expect(configuration.contains(#"name="ip" value="10.77.3.1\#(host.number)"/>"#))
    }
    #expect(configuration.contains(#"rsc="fence-falco" node="falco" score="-INFINITY"/>"#))
    #expect(configuration.contains(#"name="method" value="cycle""#))
    #expect(configuration.contains(#"name="username" value="fencing""#))
    #expect(configuration.contains(#"name="password_script" value="cat /etc/lab/fencing-password""#))
    #expect(lab.spec.networks.last?.address(of: falco) == "10.77.3.33")
    #expect(falco.rootScript(in: lab).contains("\ndisk bricks/vms /s/l/hosts/falco/disks/brick.xfs\n"))
    let setup = try #require(lab.spec.components.compactMap { $0.setup(in: lab) }.first)
    #expect(setup.script.contains("cluster.shd-max-threads 1 cluster.background-self-heal-count 0\n"))
  }

  @Test("The default spec has no fencing, no disks, and no link on the management network")
  func standard() throws {
    let lab = try Lab(name: "l", spec: .threeHosts, stateRoot: "/s", agent: "/bin/true")
    let host = lab.spec.hosts[0]
    #expect(try clusterConfiguration(host, lab).contains(#"name="stonith-enabled" value="false""#))
    #expect(try !clusterConfiguration(host, lab).contains("fence"))
    #expect(!host.rootScript(in: lab).contains("\ndisk bricks"))
    #expect(lab.spec.networks.map(\.link) == ["eth1", "eth0", nil])
    let setup = try #require(lab.spec.components.compactMap { $0.setup(in: lab) }.first)
    #expect(setup.script.contains("cluster.shd-max-threads 8\n"))
  }

  @Test("Alertmanager in a guest takes the place of the one beside the hosts, and gets Prometheus's alerts")
  func alertmanagerGuest() throws {
    var options = LabOptions(name: "mine")
    options.monitoring = [.prometheus]
    let beside = try Lab(name: "l", spec: LabSpec(options), stateRoot: "/s", agent: "/bin/true")
    options.alertmanager = .guest
    let lab = try Lab(name: "l", spec: LabSpec(options), stateRoot: "/s", agent: "/bin/true")
    let host = lab.spec.hosts[0]
    #expect(beside.spec.hosts[0].services(in: beside).contains { $0.part == .alertmanager })
    #expect(!host.services(in: lab).contains { $0.part == .alertmanager })
    #expect(lab.spec.components.compactMap { $0.sharedService(in: lab)?.part } == [.web, .alertmanager])
    #expect(try clusterConfiguration(host, lab).contains(#"<primitive id="alertmanager" class="ocf""#))
    let definition = try #require(
      lab.spec.components.compactMap { $0.files(on: host, in: lab)["etc/libvirt/vms/alertmanager.xml"] }
        .first)
    #expect(definition.contains("<memory unit='MiB'>192</memory>"))
    #expect(definition.contains("<initrd>/usr/lib/murphy/guest/initrd-alertmanager</initrd>"))
    #expect(definition.contains("quiet panic=10 alertmanager=10.77.2.102</cmdline>"))
    let record = LabRecord(
      lab: "l", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7), networkNamespace: 1)
    let fleet = LabFleet.text(of: lab, record: record)
    #expect(fleet.contains("alerts: {alertmanager: \"http://10.77.2.102:9093\"}"))
    #expect(fleet.contains("canary: \"http://10.77.2.102:9093\""))
    #expect(fleet.contains("  alertmanager: {domain: alertmanager}\n"))
  }

  @Test(
    "A noisy guest has its disk, its resource beside the website, and a limit of libvirt if it is limited")
  func noisyGuest() throws {
    for (kind, limit) in [(LabOptions.NoisyGuest.free, false), (.limited, true)] {
      var options = LabOptions(name: "mine")
      options.noisyGuest = kind
      let lab = try Lab(name: "l", spec: LabSpec(options), stateRoot: "/s", agent: "/bin/true")
      let host = lab.spec.hosts[0]
      let configuration = try clusterConfiguration(host, lab)
      #expect(configuration.contains(#"<primitive id="noise" class="ocf""#))
      #expect(configuration.contains(#"rsc="noise" with-rsc="web" score="100""#))
      let setup = try #require(lab.spec.components.compactMap { $0.setup(in: lab) }.first)
      #expect(setup.script.contains("\ntruncate --size 67108864 /srv/vms/noise.img\n"))
      let definition = try #require(
        lab.spec.components.compactMap { $0.files(on: host, in: lab)["etc/libvirt/vms/noise.xml"] }.first)
      #expect(definition.contains("<total_iops_sec>20</total_iops_sec>") == limit)
      #expect(definition.contains("quiet panic=10 noise=10.77.2.103</cmdline>"))
      #expect(definition.contains("<mac address='52:54:00:4d:55:03'/>"))
    }
    let plain = try Lab(name: "l", spec: .threeHosts, stateRoot: "/s", agent: "/bin/true")
    #expect(!plain.spec.components.contains { $0.name == "noisy-guest" })
    #expect(try !clusterConfiguration(plain.spec.hosts[0], plain).contains("noise"))
  }

  @Test("A lab's record keeps its options, and can be read without those of another version")
  func record() throws {
    var options = LabOptions(name: "mine")
    options.monitoring = [.snmp]
    options.serviceNetwork.delay = .milliseconds(3)
    var record = LabRecord(
      lab: "l", spec: "mine", options: options, phase: .up, platform: ProcessIdentity(pid: 42, started: 7),
      networkNamespace: 1)
    let json = try JSONEncoder().encode(record)
    #expect(try JSONDecoder().decode(LabRecord.self, from: json) == record)
    #expect(record.has(LabSpec(options)))
    options.healThreads = 2
    #expect(!record.has(LabSpec(options)))
    let other = String(decoding: json, as: UTF8.self).replacing(
      "\"healThreads\":8", with: "\"healThreads\":[]")
    record.options = nil
    #expect(try JSONDecoder().decode(LabRecord.self, from: Data(other.utf8)) == record)
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

  @Test("With two storage links each host has a second cable, and routes to the other hosts over both")
  func storageLinks() throws {
    let lab = try Lab(name: "l", spec: .named("two-storage-links"), stateRoot: "/s", agent: "/bin/true")
    let falco = lab.spec.hosts[2]
    let boot = falco.bootScript(in: lab)
    for (name, number) in [("dauntless", 1), ("excelsior", 2)] {
      #expect(
        boot.contains(
          "\nip route add 10.77.1.1\(number) src 10.77.1.13 nexthop via 10.77.1.1\(number) dev eth1 "
            + "nexthop via 10.77.12.1\(number) dev eth1-2\n"), "\(name)")
    }
    #expect(boot.contains("\nip address add 10.77.12.13/24 dev eth1-2\n"))
    #expect(boot.contains("\necho 1 > /proc/sys/net/ipv4/fib_multipath_hash_policy\n"))
    #expect(!boot.contains("ip route add 10.77.2."))
    let plug = falco.plugScript(lab.spec)
    #expect(
      plug.contains("\nplug falco-in2 eth1-2 02:4d:55:52:04:03 internal-2 \"$1\"\nshape_internal_2 falco-in2")
    )
    #expect(plug.contains("\nshape_internal falco-int"))
    let record = LabRecord(
      lab: "l", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7), networkNamespace: 1)
    let fleet = LabFleet.text(of: lab, record: record)
    #expect(fleet.contains("\n  internal-2: {role: storage, cidr: 10.77.12.0/24}\n"))
    #expect(fleet.contains("links: {internal: eth1, external: eth0, internal-2: eth1-2}"))
    // The others have one cable and no such routes.
    let one = try Lab(name: "l", spec: .threeHosts, stateRoot: "/s", agent: "/bin/true")
    #expect(!one.spec.hosts[2].bootScript(in: one).contains("nexthop"))
    var options = LabOptions(name: "mine")
    options.storageLinks = 4
    let addresses = LabSpec(options).networks.map { $0.address(of: falco) }
    #expect(Set(addresses).count == 6)
  }

  @Test("What several networks of a lab need from the kernel is tried once")
  func trialsOnce() throws {
    var options = LabOptions(name: "mine")
    options.storageNetwork = .init(rate: 1_000_000_000, delay: .milliseconds(1))
    options.serviceNetwork = options.storageNetwork
    options.storageLinks = 3
    let spec = LabSpec(options)
    let trials = spec.networkTrials
    #expect(Set(trials).count == trials.count)
    #expect(Set(trials) == Set(spec.networks.flatMap { $0.trial.split(separator: "\n").map(String.init) }))
    #expect(
      trials.contains { $0.contains("fib_multipath_hash_policy") && $0.contains("CONFIG_IP_ROUTE_MULTIPATH") }
    )
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
