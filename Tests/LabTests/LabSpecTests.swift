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
      placements: [.init(Libvirtd(network: network)), .init(Beacon(), on: ["b"])])
  }()

  @Test("A component that is placed on one host starts there only, and after what it needs")
  func placement() throws {
    let lab = try Lab(name: "l", spec: spec, stateRoot: "/s", agent: "/bin/true")
    let boots = spec.hosts.map { $0.bootScript(in: lab) }
    #expect(!boots[0].contains("beacon"))
    #expect(boots[1].contains("setsid -f sh /etc/lab/after.sh b beacon libvirt "))
    #expect(spec.hosts[1].files(in: lab)["etc/lab/start/beacon.sh"] == "setsid -f beacond\n")
    #expect(spec.hosts[1].files(in: lab)["etc/lab/ask/libvirt.sh"]?.contains("virsh") == true)
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
    #expect(Set(spec.hosts.map(\.number)) == Set(1...spec.hosts.count))
    #expect(try LabSpec.named(spec.name).name == spec.name)
  }

  @Test("An unknown spec is refused with those that exist")
  func unknown() {
    #expect(throws: LabError.unknownSpec("four", known: LabSpec.all.map(\.name))) {
      try LabSpec.named("four")
    }
  }
}
