import Files
import Testing

/// An expected finding.
struct ExpectedFinding: Sendable {
  /// `line:column`.
  var place: String
  var kind: Diagnostic.Kind
  /// A name or a value that the message must have in quotes: the correction, or what it refers to.
  var name: String?

  static func at(_ place: String, _ kind: Diagnostic.Kind, _ name: String? = nil) -> ExpectedFinding {
    ExpectedFinding(place: place, kind: kind, name: name)
  }
}

/// A line of the lab's fleet, broken, and the expected findings.
struct BrokenLine: Sendable, CustomTestStringConvertible {
  var line: Int
  var text: String
  var expected: [ExpectedFinding]

  init(_ line: Int, _ text: String, _ expected: ExpectedFinding...) {
    self.line = line
    self.text = text
    self.expected = expected
  }

  var testDescription: String { "\(line): \(text)" }

  func expect(_ found: [Diagnostic]) {
    #expect(places(found) == expected.map(\.place), "\(found.map(\.description).joined(separator: "\n"))")
    for (diagnostic, finding) in zip(found, expected) {
      #expect(diagnostic.kind == finding.kind, "\(diagnostic)")
      if let name = finding.name {
        #expect(diagnostic.message.contains("'\(name)'"), "'\(name)' isn't in: \(diagnostic.message)")
      }
    }
  }
}

@Suite struct MalformedFleetTests {
  static let lines: [BrokenLine] = [
    BrokenLine(1, "fleett: lab", .at("1:1", .unknown, "fleet")),
    BrokenLine(1, "fleet:lab", .at("1:1", .syntax)),
    BrokenLine(1, "fleet: my lab", .at("1:8", .value, "my-lab")),
    BrokenLine(1, "fleet: on", .at("1:8", .type)),
    BrokenLine(1, "fleet: 12", .at("1:8", .type)),
    BrokenLine(1, "fleet:", .at("1:7", .missing)),
    BrokenLine(1, "fleet: [lab]", .at("1:8", .type)),
    BrokenLine(1, "# no name", .at("2:1", .missing, "fleet")),
    BrokenLine(3, "  internal: {role: storrage, cidr: 10.77.1.0/24}", .at("3:20", .unknown, "storage")),
    BrokenLine(3, "  internal: {role: storage}", .at("3:13", .missing, "cidr")),
    BrokenLine(
      3, "  internal: {role: storage, cidr: 10.77.1.5/24}", .at("3:35", .value, "10.77.1.0/24")),
    BrokenLine(3, "  internal: {role: storage, cidr: 10.77.1.0/33}", .at("3:35", .value)),
    BrokenLine(3, "  internal: {role: storage, cidr: 10.77.1.0}", .at("3:35", .value)),
    BrokenLine(3, "  internal: {role: storage, cidr: 10.77.256.0/24}", .at("3:35", .value)),
    BrokenLine(
      6, "  dauntless: {shh: root@10.77.2.1, links: {internal: eth1}}", .at("6:15", .unknown, "ssh")),
    BrokenLine(
      6, "  dauntless: {ssh: -oProxyCommand=x, links: {internal: eth1}}", .at("6:20", .value)),
    BrokenLine(6, "  dauntless: {ssh: root@, links: {internal: eth1}}", .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: root@a -p 22, links: {internal: eth1}}", .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {intern: eth1}}", .at("6:44", .absent, "internal")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {intern: 10.77.1.11}}",
      .at("6:60", .absent, "internal")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {external: 10.77.2.11}}",
      .at("6:60", .absent, "external")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: 10.77.2.11}}",
      .at("6:70", .conflict)),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: 10.77.1.11/24}}",
      .at("6:70", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: dauntless}}",
      .at("6:70", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: [10.77.1.11, 10.77.1.11]}}",
      .at("6:83", .duplicate, "dauntless")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: \(String(repeating: "l", count: 128))}}",
      .at("6:54", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: vlan100@bond0}}",
      .at("6:54", .value, "vlan100")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: \"@bond0\"}}",
      .at("6:54", .value, "@")),
    BrokenLine(
      6, "  dauntless: {ssh: \"root@10.77.2.13:22\", links: {internal: eth1}}",
      .at("6:20", .value, "ssh://root@10.77.2.13:22")),
    BrokenLine(
      6, "  dauntless: {ssh: \"kvm3:2222\", links: {internal: eth1}}", .at("6:20", .value, "ssh://kvm3:2222")),
    BrokenLine(
      6, "  dauntless: {ssh: \"root@[fd00::13]:22\", links: {internal: eth1}}", .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: \"root@fd00::13::2\", links: {internal: eth1}}", .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root@[fd00::13]:22\", links: {internal: eth1}}",
      .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root:secret@kvm3\", links: {internal: eth1}}",
      .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root@kvm3:22/\", links: {internal: eth1}}",
      .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root@kvm3:99999\", links: {internal: eth1}}", .at("6:20", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://-oProxyCommand=x\", links: {internal: eth1}}",
      .at("6:20", .value, "-")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [kvm 1]}", .at("6:49", .value, "kvm-1")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [falco]}",
      .at("8:3", .duplicate, "falco")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [peer]}", .at("6:49", .reserved)),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [kvm1, kvm1]}",
      .at("6:55", .duplicate)),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: kvm1}", .at("6:48", .type)),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: eth/1}}", .at("6:54", .value, "/")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: [eth0]}", .at("6:43", .type)),
    BrokenLine(
      6, "  dauntless: {ssh: ann@10.77.2.1, become: sodu, links: {}}",
      .at("6:43", .unknown, "sodu")),
    BrokenLine(
      6, "  dauntless: {ssh: ann@10.77.2.1, become: true, links: {}}", .at("6:43", .unknown)),
    BrokenLine(6, "  dauntless: {ssh: root@10.77.2.1}", .at("6:14", .missing, "links")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, bmc: {ipmi: 10.0.0.300, user: x}}",
      .at("6:44", .missing, "password-file"), .at("6:51", .value)),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, bmc: {user: x, password-file: /p}}",
      .at("6:44", .missing)),
    BrokenLine(
      6,
      "  dauntless: {ssh: root@a, links: {}, bmc: {redfish: \"http://10.0.0.3\", user: x, password-file: /p}}",
      .at("6:54", .value, "http://10.0.0.3")),
    BrokenLine(
      6,
      "  dauntless: {ssh: root@a, links: {}, bmc: {redfish: \"https://10.0.0.3/redfish/v1\", user: x, password-file: /p}}",
      .at("6:54", .value)),
    BrokenLine(
      6,
      "  dauntless: {ssh: root@a, links: {}, bmc: {redfish: \"https://10.0.0.3\", user: \"a:b\", password-file: /p}}",
      .at("6:80", .value)),
    BrokenLine(
      6,
      "  dauntless: {ssh: root@a, links: {}, bmc: {ipmi: 10.0.0.3, user: x, password-file: /p, system: /redfish/v1/Systems/1}}",
      .at("6:89", .conflict, "system")),
    BrokenLine(
      6,
      "  dauntless: {ssh: root@a, links: {}, bmc: {redfish: \"https://a\", user: x, password-file: /p, system: /Systems/../1}}",
      .at("6:103", .value)),
    BrokenLine(6, "  daunt/less: {ssh: root@a, links: {}}", .at("6:3", .value, "daunt-less")),
    BrokenLine(6, "  .dauntless: {ssh: root@a, links: {}}", .at("6:3", .value, ".")),
    BrokenLine(6, "  any: {ssh: root@a, links: {}}", .at("6:3", .reserved)),
    BrokenLine(
      6, "  excelsior: {ssh: root@a, links: {}}", .at("7:3", .duplicate, "excelsior")),
    BrokenLine(6, "  no: {ssh: root@a, links: {}}", .at("6:3", .type)),
    BrokenLine(9, "    ssh: &here root@10.77.2.3", .at("9:10", .syntax)),
    BrokenLine(9, "    ssh: *here", .at("9:10", .syntax)),
    BrokenLine(9, "    ssh: !!str root@10.77.2.3", .at("9:10", .syntax)),
    BrokenLine(9, "\tssh: root@10.77.2.3", .at("9:1", .syntax)),
    BrokenLine(14, "  web: {domian: web}", .at("14:9", .unknown, "domain")),
    BrokenLine(14, "  web: web", .at("14:8", .type, "web")),
    BrokenLine(14, "  web/1: {domain: web}", .at("14:3", .value, "web-1")),
    BrokenLine(14, "  falco: {domain: web}", .at("14:3", .duplicate)),
    BrokenLine(
      14, "  web: {domain: web, aliases: [falco]}", .at("14:32", .duplicate)),
    BrokenLine(14, "  website: {domain: web}", .at("17:3", .duplicate)),
    BrokenLine(15, "quorum: 4", .at("15:9", .value)),
    BrokenLine(15, "quorum: -1", .at("15:9", .value)),
    BrokenLine(15, "quorum: \"2\"", .at("15:9", .type)),
    BrokenLine(15, "quorum: 02", .at("15:9", .type)),
    BrokenLine(15, "quorum: 2.0", .at("15:9", .type)),
    BrokenLine(15, "quorom: 2", .at("15:1", .unknown, "quorum")),
    BrokenLine(17, "  website: {ping: \"fe80::1\"}", .at("17:19", .value, "fe80::1")),
    BrokenLine(17, "  website: {ping: \"fd00::1%eth0\"}", .at("17:19", .value, "fd00::1%eth0")),
    BrokenLine(17, "  website: {tcp: \"tcp://[fe80::1%]:80\"}", .at("17:18", .value, "fe80::1%")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", every: 100}", .at("17:49", .value, "100s")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", every: 1:30}", .at("17:49", .value)),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", every: 0s}", .at("17:49", .value)),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", timeout: 2 sec}", .at("17:51", .value, "2s")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", timeout: 1.5s}", .at("17:51", .value)),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", expect: {status:200}}",
      .at("17:51", .value, "status: 200")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", expect: {status: 99}}", .at("17:59", .value)),
    BrokenLine(17, "  control: {http: \"http://10.77.2.101/\"}", .at("17:3", .reserved)),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", headers: {\"a b\": c}}",
      .at("17:52", .value)),
    BrokenLine(
      17, "  website: {http: \"https://a/\", resolve: {a: b}}", .at("17:46", .value)),
    BrokenLine(17, "  website: {http: \"https://a/\", redirects: 31}", .at("17:44", .value)),
    BrokenLine(17, "  website: {http: \"https://a/\", http-version: 3}", .at("17:47", .unknown, "3")),
    BrokenLine(17, "  website: {dns: www.example.org}", .at("17:12", .missing, "server")),
    BrokenLine(
      17, "  website: {dns: www.example.org, server: 10.0.0.1, record: SOA}", .at("17:61", .unknown, "SOA")),
    BrokenLine(17, "  website: {dns: \"a..b\", server: 10.0.0.1}", .at("17:18", .value)),
    BrokenLine(
      17, "  website: {exec: [check, -w], timeout: 17s}", .at("17:19", .value)),
    BrokenLine(17, "  website: {exec: check}", .at("17:19", .type)),
    BrokenLine(17, "  website: {exec: [./check]}", .at("17:19", .value)),
    BrokenLine(
      17, "  website: {tcp: \"tcp://10.77.2.101:80\", ca: /etc/ca.pem}",
      .at("17:42", .conflict)),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", ca: /etc/ca.pem}",
      .at("18:20", .value)),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", mounts: [{host: falko, path: /srv/web.img}]}",
      .at("18:62", .absent, "falco")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replica: [{host: falco, path: /b/web.img}]}",
      .at("18:46", .unknown, "replicas")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replicas: [{host: falco, file: /b/web.img}]}",
      .at("18:57", .missing, "path"), .at("18:71", .unknown, "file")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replicas: [{host: falco, path: b/web.img}]}",
      .at("18:77", .value)),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replicas: [{host: falco, path: /}]}",
      .at("18:77", .value, "/")),
    BrokenLine(
      18,
      "  writes: {append: \"tcp://10.77.2.101:7000\", mounts: [{host: falco, path: /a}], replicas: [{host: falco, path: /a}]}",
      .at("18:20", .value, "falco:/a")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", replicas: [{host: falco, path: /b/web.img}]}",
      .at("17:42", .conflict)),
    BrokenLine(17, "  website: {http: 10.77.2.101}", .at("17:19", .value, "http://")),
    BrokenLine(17, "  website: {http: \"http://10.77.2.101:99999/\"}", .at("17:19", .value)),
    BrokenLine(17, "  website: {every: 1s}", .at("17:12", .missing)),
    BrokenLine(
      17, "  website: {ping: 10.77.2.101, tcp: \"tcp://10.77.2.101:80\"}",
      .at("17:32", .conflict, "ping")),
    BrokenLine(18, "  writes: {append: \"tcp://10.77.2.101\", every: 100ms}", .at("18:20", .value)),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", expect: {}}",
      .at("18:46", .conflict)),
    BrokenLine(
      18, "  website: {append: \"tcp://10.77.2.101:7000\"}",
      .at("18:3", .duplicate, "website")),
    BrokenLine(18, "  writes: {append: \"tcp://10.77.2.101:7000\", every: 100ms", .at("18:11", .syntax)),
    BrokenLine(22, "  storage: {glustre: vms}", .at("22:13", .unknown, "gluster")),
    BrokenLine(
      23, #"  manager: {prometheus: "http://10.77.2.250:9090"}"#,
      .at("23:12", .missing, "query")),
    BrokenLine(
      23, #"  manager: {prometheus: "http://10.77.2.250:9090", query: up, unwell: low}"#,
      .at("23:12", .value, "low")),
    BrokenLine(23, "  manager: {pacemaker: {}, query: up}", .at("23:28", .conflict)),
    BrokenLine(
      23, #"  manager: {alertmanager: "http://10.77.2.250:9093/?silenced=true"}"#,
      .at("23:12", .value)),
    BrokenLine(22, "  storage: {gluster: -vms}", .at("22:12", .value)),
    BrokenLine(
      22, "  storage: {}",
      .at("22:12", .missing)),
    BrokenLine(
      23, "  manager: {pacemaker: true}", .at("23:24", .type)),
    BrokenLine(23, "  web: {pacemaker: {}}", .at("23:3", .duplicate)),
    BrokenLine(24, "ssh-config: ~/.ssh/config", .at("24:13", .value, "~")),
    BrokenLine(24, "manager: {}", .at("24:10", .missing, "addresses")),
    BrokenLine(24, "manager: {addresses: []}", .at("24:22", .missing)),
    BrokenLine(24, "manager: {addresses: engine}", .at("24:22", .value)),
    BrokenLine(24, "manager: {addresses: [10.77.2.9, 10.77.2.9]}", .at("24:34", .duplicate)),
    BrokenLine(
      25, "netns: {path: lab, inode: -1}", .at("25:15", .value), .at("25:27", .value)),
    BrokenLine(25, "netns: {path: /run/netns/lab, inode: 0x10}", .at("25:38", .type)),
    BrokenLine(25, "---", .at("25:1", .syntax)),
    BrokenLine(25, "extra: 1", .at("25:1", .unknown, "extra")),
    BrokenLine(2, "networks", .at("2:1", .syntax)),
    BrokenLine(5, "hosts: {}\nhost:", .at("5:8", .missing), .at("6:1", .unknown, "hosts")),
  ]

  @Test("A broken line of a fleet is refused with its place", arguments: lines)
  func refusesBrokenLine(_ broken: BrokenLine) throws {
    let found = try refusal {
      _ = try FleetFile.parse(
        text: text(labFleet, line: broken.line, replacedBy: broken.text), file: "fleet.yaml")
    }
    broken.expect(found)
  }
}
