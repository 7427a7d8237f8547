import Scenario

extension Fleet {
  /// Three hosts with two links each, one virtual machine, a website and a log, and two views.
  static let tdf = Fleet(
    name: "tdf",
    networks: [
      .init(name: "internal", role: .storage, cidr: "10.77.1.0/24"),
      .init(name: "external", role: .service, cidr: "10.77.2.0/24"),
    ],
    hosts: ["dauntless", "excelsior", "falco"].enumerated().map { number, name in
      Host(
        name: name, ssh: "root@\(name)", links: ["internal": "eth1", "external": "eth0"],
        addresses: ["internal": ["10.77.1.\(11 + number)"], "external": ["10.77.2.\(11 + number)"]])
    },
    vms: [.init(name: "web", domain: "web")], quorum: 2,
    probes: [
      .init(name: "website", kind: .http, target: "http://10.77.2.101/", every: .milliseconds(500)),
      .init(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000", every: .milliseconds(500)),
    ],
    views: [
      .init(name: "storage", kind: .init("gluster", ["volume": .string("vms")])),
      .init(name: "manager", kind: .init("pacemaker")),
    ])
}

extension Step {
  static func unplug(
    _ name: String = "cut", _ trigger: Trigger = .at(.zero), _ host: HostSelector = .named("falco"),
    seconds: Int64 = 10
  ) -> Step {
    Step(
      name: name, trigger: trigger, fault: "host.unplug", target: .host(host), duration: .seconds(seconds),
      parameters: ["mode": .word("carrier")])
  }
}

extension Scenario {
  static func rehearsal(
    _ timeline: [Step] = [.unplug()], probes: [String] = ["website"], views: [String] = ["manager"]
  ) -> Scenario {
    Scenario(
      name: "rehearsal", steady: .init(duration: .seconds(5), probes: probes, views: views),
      timeline: timeline,
      recovery: .init(stable: .seconds(3), noProgress: .seconds(30), cap: .seconds(120)))
  }
}
