import Scenario
import Testing

/// The names that the platform's parts may have for a host.
@Suite struct FleetNamesTests {
  private let fleet = Fleet(
    name: "names",
    hosts: [
      .init(name: "dauntless", ssh: "root@10.77.2.11", links: [:], aliases: ["kvm1", "10.77.1.11"]),
      .init(name: "falco", ssh: "ssh://root@kvm3.example.org:2222", links: [:], aliases: ["fd00::13"]),
      .init(name: "gale.east", ssh: "root@gale.east.example.org", links: [:]),
      .init(name: "gale.west", ssh: "root@gale.west.example.org", links: [:]),
    ],
    vms: [.init(name: "web", domain: "web-domain", aliases: ["vm_web"])])

  @Test(
    "A host is found by its name, its aliases and its ssh destination, with or without a domain",
    arguments: [
      ("dauntless", "dauntless"), ("DAUNTLESS", "dauntless"), ("dauntless.example.org", "dauntless"),
      ("kvm1", "dauntless"), ("kvm1.example.org.", "dauntless"), ("10.77.1.11", "dauntless"),
      ("10.77.2.11", "dauntless"), ("kvm3", "falco"), ("kvm3.storage", "falco"), ("fd00:0:0::13", "falco"),
      ("FD00::13", "falco"), ("gale.east", "gale.east"), ("gale.west.example.org", "gale.west"),
    ])
  func known(_ name: String, _ host: String) {
    #expect(fleet.host(called: name)?.name == host)
  }

  @Test(
    "A name that matches no host or several hosts is refused",
    arguments: ["", "kvm2", "10.77.1.12", "10.77.1", "10", "gale", "gale.north", "fd00::1", "localhost"])
  func unknown(_ name: String) {
    #expect(fleet.host(called: name) == nil)
  }

  @Test("A virtual machine is found by its name, its domain and its aliases")
  func virtualMachines() {
    for name in ["web", "web-domain", "vm_web"] { #expect(fleet.vm(called: name)?.name == "web") }
    #expect(fleet.vm(called: "Web") == nil)
  }
}
