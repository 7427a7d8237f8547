import Files
import Testing
import Views

/// A line of the lab's fleet, broken, and the expected findings: `line:column` and a part of each message.
struct BrokenLine: Sendable, CustomTestStringConvertible {
  var line: Int
  var text: String
  var expected: [(place: String, word: String)]

  init(_ line: Int, _ text: String, _ expected: (String, String)...) {
    self.line = line
    self.text = text
    self.expected = expected.map { (place: $0.0, word: $0.1) }
  }

  var testDescription: String { "\(line): \(text)" }

  func expect(_ found: [Diagnostic]) {
    #expect(places(found) == expected.map(\.place), "\(found.map(\.description).joined(separator: "\n"))")
    for (diagnostic, finding) in zip(found, expected) {
      #expect(
        diagnostic.message.contains(finding.word),
        "'\(finding.word)' isn't in: \(diagnostic.message)")
    }
  }
}

@Suite struct MalformedFleetTests {
  static let lines: [BrokenLine] = [
    BrokenLine(1, "fleett: lab", ("1:1", "did you mean 'fleet'?")),
    BrokenLine(1, "fleet:lab", ("1:1", "needs a space after it")),
    BrokenLine(1, "fleet: my lab", ("1:8", "did you mean 'my-lab'?")),
    BrokenLine(1, "fleet: on", ("1:8", "YAML 1.1 reads as true")),
    BrokenLine(1, "fleet: 12", ("1:8", "write \"12\"")),
    BrokenLine(1, "fleet:", ("1:7", "found nothing")),
    BrokenLine(1, "fleet: [lab]", ("1:8", "found a list")),
    BrokenLine(1, "# no name", ("2:1", "'fleet' is missing")),
    BrokenLine(3, "  internal: {role: storrage, cidr: 10.77.1.0/24}", ("3:20", "did you mean 'storage'?")),
    BrokenLine(3, "  internal: {role: storage}", ("3:13", "'cidr' is missing")),
    BrokenLine(
      3, "  internal: {role: storage, cidr: 10.77.1.5/24}", ("3:35", "did you mean '10.77.1.0/24'?")),
    BrokenLine(3, "  internal: {role: storage, cidr: 10.77.1.0/33}", ("3:35", "0 to 32")),
    BrokenLine(3, "  internal: {role: storage, cidr: 10.77.1.0}", ("3:35", "such as 10.77.1.0/24")),
    BrokenLine(3, "  internal: {role: storage, cidr: 10.77.256.0/24}", ("3:35", "is not an address")),
    BrokenLine(
      6, "  dauntless: {shh: root@10.77.2.1, links: {internal: eth1}}", ("6:15", "did you mean 'ssh'?")),
    BrokenLine(
      6, "  dauntless: {ssh: -oProxyCommand=x, links: {internal: eth1}}", ("6:20", "as an option")),
    BrokenLine(6, "  dauntless: {ssh: root@, links: {internal: eth1}}", ("6:20", "expected user@host")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a -p 22, links: {internal: eth1}}", ("6:20", "can't contain spaces")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {intern: eth1}}", ("6:44", "did you mean 'internal'?")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {intern: 10.77.1.11}}",
      ("6:60", "did you mean 'internal'?")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {external: 10.77.2.11}}",
      ("6:60", "has no link on the network 'external'")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: 10.77.2.11}}",
      ("6:70", "10.77.2.11 is not in 10.77.1.0/24")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: 10.77.1.11/24}}",
      ("6:70", "leave out the prefix length")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: dauntless}}",
      ("6:70", "is not an address")),
    BrokenLine(
      6, "  dauntless: {ssh: d, links: {internal: eth1}, addresses: {internal: [10.77.1.11, 10.77.1.11]}}",
      ("6:83", "is an address of host 'dauntless' already (at line 6, column 71)")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: \(String(repeating: "l", count: 128))}}",
      ("6:54", "at most 15 bytes and an alternative name 127; this one has 128")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: vlan100@bond0}}",
      ("6:54", "ip(8) prints NAME@LOWER: write 'vlan100'")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: \"@bond0\"}}",
      ("6:54", "the name before the '@'")),
    BrokenLine(
      6, "  dauntless: {ssh: \"root@10.77.2.13:22\", links: {internal: eth1}}",
      ("6:20", "write 'ssh://root@10.77.2.13:22', or a Port line")),
    BrokenLine(
      6, "  dauntless: {ssh: \"kvm3:2222\", links: {internal: eth1}}", ("6:20", "write 'ssh://kvm3:2222'")),
    BrokenLine(
      6, "  dauntless: {ssh: \"root@[fd00::13]:22\", links: {internal: eth1}}", ("6:20", "without brackets")),
    BrokenLine(
      6, "  dauntless: {ssh: \"root@fd00::13::2\", links: {internal: eth1}}", ("6:20", "not an IPv6 address")),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root@[fd00::13]:22\", links: {internal: eth1}}",
      ("6:20", "doesn't accept an IPv6 address in a URL")),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root:secret@kvm3\", links: {internal: eth1}}",
      ("6:20", "passwords are not supported")),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root@kvm3:22/\", links: {internal: eth1}}",
      ("6:20", "remove what follows the port")),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://root@kvm3:99999\", links: {internal: eth1}}", ("6:20", "is not a port")),
    BrokenLine(
      6, "  dauntless: {ssh: \"ssh://-oProxyCommand=x\", links: {internal: eth1}}",
      ("6:20", "can't begin with '-'")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [kvm 1]}", ("6:49", "did you mean 'kvm-1'?")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [falco]}",
      ("8:3", "'falco' is a name of host 'dauntless' and of host 'falco'")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [peer]}", ("6:49", "a keyword in scenarios")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: [kvm1, kvm1]}",
      ("6:55", "already a name of this host")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, aliases: kvm1}", ("6:48", "a list")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: {internal: eth/1}}", ("6:54", "can't contain '/'")),
    BrokenLine(
      6, "  dauntless: {ssh: root@10.77.2.1, links: [eth0]}", ("6:43", "a mapping of names, found a list")),
    BrokenLine(
      6, "  dauntless: {ssh: ann@10.77.2.1, become: sodu, links: {}}",
      ("6:43", "unknown 'sodu': expected sudo")),
    BrokenLine(
      6, "  dauntless: {ssh: ann@10.77.2.1, become: true, links: {}}", ("6:43", "expected sudo")),
    BrokenLine(6, "  dauntless: {ssh: root@10.77.2.1}", ("6:14", "'links' is missing")),
    BrokenLine(
      6, "  dauntless: {ssh: root@a, links: {}, bmc: {ipmi: 10.0.0.300, user: x}}",
      ("6:44", "'password-file' is missing"), ("6:51", "not an IPv4 address")),
    BrokenLine(6, "  daunt/less: {ssh: root@a, links: {}}", ("6:3", "did you mean 'daunt-less'?")),
    BrokenLine(6, "  .dauntless: {ssh: root@a, links: {}}", ("6:3", "not with '.'")),
    BrokenLine(6, "  any: {ssh: root@a, links: {}}", ("6:3", "a keyword in scenarios")),
    BrokenLine(
      6, "  excelsior: {ssh: root@a, links: {}}", ("7:3", "duplicate key 'excelsior': first used at line 6")),
    BrokenLine(6, "  no: {ssh: root@a, links: {}}", ("6:3", "YAML 1.1")),
    BrokenLine(9, "    ssh: &here root@10.77.2.3", ("9:10", "anchors are refused")),
    BrokenLine(9, "    ssh: *here", ("9:10", "aliases are refused")),
    BrokenLine(9, "    ssh: !!str root@10.77.2.3", ("9:10", "tags are refused")),
    BrokenLine(9, "\tssh: root@10.77.2.3", ("9:1", "tab")),
    BrokenLine(14, "  web: {domian: web}", ("14:9", "did you mean 'domain'?")),
    BrokenLine(14, "  web: web", ("14:8", "expected a mapping, found 'web'")),
    BrokenLine(14, "  web/1: {domain: web}", ("14:3", "did you mean 'web-1'?")),
    BrokenLine(14, "  falco: {domain: web}", ("14:3", "conditions could not distinguish them")),
    BrokenLine(
      14, "  web: {domain: web, aliases: [falco]}", ("14:32", "conditions could not distinguish them")),
    BrokenLine(14, "  website: {domain: web}", ("17:3", "could not distinguish them")),
    BrokenLine(15, "quorum: 4", ("15:9", "expected 1 to 3")),
    BrokenLine(15, "quorum: 0", ("15:9", "from 1")),
    BrokenLine(15, "quorum: \"2\"", ("15:9", "remove the quotes")),
    BrokenLine(15, "quorum: 02", ("15:9", "octal")),
    BrokenLine(15, "quorum: 2.0", ("15:9", "found the number 2.0")),
    BrokenLine(15, "quorom: 2", ("15:1", "did you mean 'quorum'?")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", every: 100}", ("17:49", "did you mean '100s'?")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", every: 1:30}", ("17:49", "base 60")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", every: 0s}", ("17:49", "more than zero")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", timeout: 2 sec}", ("17:51", "did you mean '2s'?")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", timeout: 1.5s}", ("17:51", "1500ms")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", expect: {status:200}}", ("17:51", "'status: 200'")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", expect: {status: 99}}", ("17:59", "100 to 599")),
    BrokenLine(17, "  control: {http: \"http://10.77.2.101/\"}", ("17:3", "the prober's own control")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", headers: {\"a b\": c}}",
      ("17:52", "not the name of a header field")),
    BrokenLine(
      17, "  website: {http: \"https://a/\", resolve: {a: b}}", ("17:46", "is not an address")),
    BrokenLine(17, "  website: {http: \"https://a/\", redirects: 31}", ("17:44", "from 0 to 30")),
    BrokenLine(17, "  website: {http: \"https://a/\", http-version: 3}", ("17:47", "unknown '3'")),
    BrokenLine(17, "  website: {dns: www.example.org}", ("17:12", "dns: 'server' is missing")),
    BrokenLine(
      17, "  website: {dns: www.example.org, server: 10.0.0.1, record: SOA}", ("17:61", "unknown 'SOA'")),
    BrokenLine(17, "  website: {dns: \"a..b\", server: 10.0.0.1}", ("17:18", "empty part between dots")),
    BrokenLine(
      17, "  website: {exec: [check, -w], timeout: 17s}", ("17:19", "at most 16 times the interval")),
    BrokenLine(17, "  website: {exec: check}", ("17:19", "expected a list")),
    BrokenLine(17, "  website: {exec: [./check]}", ("17:19", "or its whole path")),
    BrokenLine(
      17, "  website: {tcp: \"tcp://10.77.2.101:80\", ca: /etc/ca.pem}",
      ("17:42", "valid only together with http")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", ca: /etc/ca.pem}",
      ("18:20", "needs a target with tls://")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", mounts: [{host: falko, path: /srv/web.img}]}",
      ("18:62", "mounts: unknown host 'falko': did you mean 'falco'?")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replica: [{host: falco, path: /b/web.img}]}",
      ("18:46", "did you mean 'replicas'?")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replicas: [{host: falco, file: /b/web.img}]}",
      ("18:57", "'path' is missing"), ("18:71", "unknown key 'file'")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", replicas: [{host: falco, path: b/web.img}]}",
      ("18:77", "expected an absolute path")),
    BrokenLine(
      18,
      "  writes: {append: \"tcp://10.77.2.101:7000\", mounts: [{host: falco, path: /a}], replicas: [{host: falco, path: /a}]}",
      ("18:20", "'falco:/a' is written twice")),
    BrokenLine(
      17, "  website: {http: \"http://10.77.2.101/\", replicas: [{host: falco, path: /b/web.img}]}",
      ("17:42", "valid only together with append")),
    BrokenLine(17, "  website: {http: 10.77.2.101}", ("17:19", "doesn't begin with 'http://'")),
    BrokenLine(17, "  website: {http: \"http://10.77.2.101:99999/\"}", ("17:19", "is not a port")),
    BrokenLine(17, "  website: {every: 1s}", ("17:12", "http, tcp, ping, dns, append or exec is missing")),
    BrokenLine(
      17, "  website: {ping: 10.77.2.101, tcp: \"tcp://10.77.2.101:80\"}",
      ("17:32", "can't be combined with 'ping'")),
    BrokenLine(18, "  writes: {append: \"tcp://10.77.2.101\", every: 100ms}", ("18:20", "a port is missing")),
    BrokenLine(
      18, "  writes: {append: \"tcp://10.77.2.101:7000\", expect: {}}",
      ("18:46", "valid only together with http")),
    BrokenLine(
      18, "  website: {append: \"tcp://10.77.2.101:7000\"}",
      ("18:3", "duplicate key 'website': first used at line 17, column 3")),
    BrokenLine(18, "  writes: {append: \"tcp://10.77.2.101:7000\", every: 100ms", ("18:11", "missing")),
    BrokenLine(22, "  storage: {glustre: vms}", ("22:13", "did you mean 'gluster'?")),
    BrokenLine(
      23, #"  manager: {prometheus: "http://10.77.2.250:9090"}"#,
      ("23:12", "prometheus: 'query' is missing: the expression")),
    BrokenLine(
      23, #"  manager: {prometheus: "http://10.77.2.250:9090", query: up, unwell: low}"#,
      ("23:12", "expected a comparison such as '> 0.5', found 'low'")),
    BrokenLine(23, "  manager: {pacemaker: {}, query: up}", ("23:28", "query")),
    BrokenLine(
      23, #"  manager: {alertmanager: "http://10.77.2.250:9093/?silenced=true"}"#,
      ("23:12", "expected a URL without a query")),
    BrokenLine(22, "  storage: {gluster: -vms}", ("22:12", "can't be a volume's name")),
    BrokenLine(
      22, "  storage: {}",
      ("22:12", "one of the keys \(Views.all.map(\.key).dropLast().joined(separator: ", ")) or ")),
    BrokenLine(
      23, "  manager: {pacemaker: true}", ("23:24", "expected a mapping, found the truth value true")),
    BrokenLine(23, "  web: {pacemaker: {}}", ("23:3", "could not distinguish them")),
    BrokenLine(24, "ssh-config: ~/.ssh/config", ("24:13", "'~' isn't expanded")),
    BrokenLine(24, "manager: {}", ("24:10", "'addresses' is missing")),
    BrokenLine(24, "manager: {addresses: []}", ("24:22", "at least 1")),
    BrokenLine(24, "manager: {addresses: engine}", ("24:22", "is not an address")),
    BrokenLine(
      24, "manager: {addresses: [10.77.2.9, 10.77.2.9]}", ("24:34", "duplicate address 10.77.2.9")),
    BrokenLine(
      25, "netns: {path: lab, inode: -1}", ("25:15", "an absolute path"), ("25:27", "from 1, found -1")),
    BrokenLine(25, "netns: {path: /run/netns/lab, inode: 0x10}", ("25:38", "the number 16")),
    BrokenLine(25, "---", ("25:1", "second document")),
    BrokenLine(25, "extra: 1", ("25:1", "unknown key 'extra'")),
    BrokenLine(2, "networks", ("2:1", "a colon and a space")),
    BrokenLine(5, "hosts: {}\nhost:", ("5:8", "at least 1"), ("6:1", "did you mean 'hosts'?")),
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
