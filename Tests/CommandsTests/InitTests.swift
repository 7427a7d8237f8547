import Faults
import FoundationEssentials
import Glibc
import Linux
import Scenario
import Testing

/// `murphy init` with a stub for ssh that answers like hosts with stacked links.
@Suite struct InitTests {
  /// A link in the JSON of `ip -j -d address show`.
  private struct Link {
    var name: String
    var kind: String?
    var master: String?
    var below: String?
    var addresses: [String] = []
    var isUp = true

    var json: String {
      var parts = [#""ifname":"\#(name)""#, #""flags":["BROADCAST"\#(isUp ? #","UP""# : "")]"#]
      if let master { parts.append(#""master":"\#(master)""#) }
      if let below { parts.append(#""link":"\#(below)""#) }
      if let kind { parts.append(#""linkinfo":{"info_kind":"\#(kind)","info_data":{}}"#) }
      let infos = addresses.map { address in
        let words = address.split(separator: "/")
        return #"{"family":"inet","local":"\#(words[0])","prefixlen":\#(words[1]),"scope":"global"},{}"#
      }
      parts.append(#""addr_info":[\#(infos.joined(separator: ","))]"#)
      return "{\(parts.joined(separator: ","))}"
    }
  }

  /// The output of the script on a host.
  private static func answer(
    _ hostname: String, _ links: [Link], connection: String = "", routes: String = "", hosts: String = "",
    domains: String? = nil, running: String = "", volumes: String? = nil, peers: String? = nil,
    cluster: String? = nil, node: String? = nil
  ) -> String {
    let parts: [(String, String?)] = [
      ("hostname", hostname), ("connection", connection),
      ("links", "[\(links.map(\.json).joined(separator: ","))]"),
      ("routes", "[\(routes)]"), ("hosts", hosts), ("domains", domains), ("running", running),
      ("volumes", volumes), ("peers", peers), ("cluster", cluster), ("node", node),
      ("policy", nil),
    ]
    return parts.map { "\n@murphy \($0.0)\n\($0.1 ?? "")\n@murphy-code \($0.1 == nil ? 127 : 0)\n" }.joined()
  }

  /// Runs init on hosts whose ssh prints these answers after a banner.
  private func run(
    _ answers: [(host: String, output: String)], _ arguments: [String] = [], ssh extra: String = "",
    _ body: (MurphyProgram.Outcome, _ folder: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      for (host, output) in answers {
        try DurableFile.write(Array(output.utf8), to: "\(folder)/\(host).answer")
      }
      let script = """
        #!/bin/sh
        cd \(folder)
        while [ "$1" != -- ]; do shift; done
        host=${2#*@}
        shift 2
        echo "$*" >> words
        cat > script
        \(extra)
        echo 'Welcome to the machine @murphy links'
        cat $host.answer
        """
      try DurableFile.write(Array(script.utf8), to: "\(folder)/ssh", mode: 0o700)
      let outcome = try MurphyProgram.run(
        ["init", "--out", "\(folder)/out"] + arguments + answers.map { "root@\($0.host)" }, tools: folder)
      try body(outcome, folder)
    }
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  private static let lo = Link(name: "lo", addresses: [])

  /// Three hosts: storage on a VLAN over a bond, service on a bridge over a bond, and the links that every host has by default.
  private static func host(_ number: Int, _ name: String, running: String = "") -> String {
    answer(
      "\(name).example.org",
      [
        lo,
        Link(name: "eno1", master: "bond0"), Link(name: "eno2", master: "bond0"),
        Link(name: "bond0", kind: "bond", master: "br0"),
        Link(name: "bond0.77", kind: "vlan", below: "bond0", addresses: ["10.77.1.1\(number)/24"]),
        Link(name: "br0", kind: "bridge", addresses: ["192.0.2.1\(number)/24", "192.0.2.100/32"]),
        Link(name: "vnet0", kind: "tun", master: "br0"), Link(name: "vethab", kind: "veth", master: "br0"),
        Link(name: "eno3", addresses: ["198.51.100.\(number)/24"]),
        Link(name: "eno4", addresses: ["203.0.113.\(number)/24"], isUp: false),
        Link(name: "virbr0", kind: "bridge", addresses: ["192.168.122.1/24"]),
        Link(name: "docker0", kind: "bridge", addresses: ["172.17.0.1/16"]),
        Link(name: "vethcd", kind: "veth", master: "docker0"),
      ],
      connection: "198.51.100.9 50000 198.51.100.\(number) 2222", routes: #"{"dst":"default","dev":"br0"}"#,
      hosts: "10.77.1.1\(number)      st\(number)\n127.0.0.1 localhost\n",
      domains: "web\ndb.example_1\nany\n",
      running: running,
      volumes: """
        <cliOutput><opRet>0</opRet><volInfo><volumes><volume><name>vms</name><bricks>
        <brick uuid="x">st1:/brick<name>st1:/brick</name></brick></bricks></volume></volumes></volInfo></cliOutput>
        """,
      peers: """
        <cliOutput><opRet>0</opRet><peerStatus><peer><hostname>localhost</hostname></peer><peer><hostname>10.77.1.13</hostname>
        </peer><peer><hostname>elsewhere</hostname></peer></peerStatus></cliOutput>
        """,
      cluster: """
        <pacemaker-result><nodes><node name="\(name == "falco" ? "kvm3" : "\(name).example.org")"/><node name="other"/></nodes>\
        <status code="0" message="OK"/></pacemaker-result>
        """, node: name == "falco" ? "kvm3" : "\(name).example.org")
  }

  private static let fleet = [
    ("a1", host(1, "dauntless", running: "web")), ("a2", host(2, "excelsior", running: "db.example_1")),
    ("a3", host(3, "falco")),
  ]

  @Test("init finds networks, links, domains, storage and cluster, and its files pass check")
  func aFleetWithStacks() throws {
    try run(Self.fleet, ["--name", "tdf"]) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let hosts = ["dauntless.example.org", "excelsior.example.org", "kvm3"]
      let files = ["fleet.yaml"] + hosts.map { "agent-\($0).json" }
      #expect(outcome.output == files.map { "\(folder)/out/\($0)\n" }.joined())
      let check = try MurphyProgram.run(["check", "\(folder)/out/fleet.yaml"])
      #expect(check.code == 0 && check.errors == "", "\(check.errors)")
      let fleet = try text("\(folder)/out/fleet.yaml")
      for line in [
        "fleet: tdf",
        "  # gluster's data has its addresses here\n  storage: {role: storage, cidr: 10.77.1.0/24}",
        "  # the hosts' default route is here\n  service: {role: service, cidr: 192.0.2.0/24}",
        "  # ssh uses it\n  management: {role: management, cidr: 198.51.100.0/24}",
        """
          kvm3:
            ssh: root@a3
            # Its names in the storage and the cluster.
            aliases: ["10.77.1.13"]
            links:
              # bond0.77 is on top of bond0: a cut of bond0 affects all links on it
              storage: bond0.77
              # the address is on the bridge br0; bond0 is its port to the network; bond0 is a bond of eno1, eno2: a cut of \
        one of them only tests the bond
              service: bond0
              management: eno3
        """,
        "  web: {domain: web}  # runs on dauntless.example.org",
        "  any-2: {domain: any}  # runs on no host now",
        "  db.example_1: {domain: db.example_1}", "quorum: 2  # the majority of 3",
        "  kvm3-ssh: {tcp: \"tcp://198.51.100.3:2222\", every: 200ms}",
        "  storage: {gluster: vms}\n  manager: {pacemaker: {}}",
        "# NOT KNOWN: pacemaker has hosts that were not queried: other; give murphy init all hosts",
        "# NOT KNOWN: gluster has hosts that were not queried: elsewhere; give murphy init all hosts",
        "    # Its names in the storage and the cluster.\n    aliases: [st1]\n",
      ] { #expect(fleet.contains(line), "\(line)\nisn't in\n\(fleet)") }
      for absent in ["virbr0", "docker0", "192.168.122", "172.17", "203.0.113", "192.0.2.100", "vnet0"] {
        #expect(!fleet.contains(absent), "\(absent)")
      }
      let policy = try text("\(folder)/out/agent-kvm3.json")
      for line in [
        #""faults": ["host.unplug", "#, #""links": ["bond0", "bond0.77", "eno3"],"#,
        #""domains": ["any", "db.example_1", "web"],"#, #""longest-lease": "10m""#, #""files": [],"#,
      ] { #expect(policy.contains(line), "\(policy)") }
      // Only this host has a brick.
      let storing = try text("\(folder)/out/agent-dauntless.example.org.json")
      #expect(storing.contains(#""files": ["/brick/*"],"#), "\(storing)")
      #expect(
        outcome.errors.contains(
          "  murphy deploy --fleet \(folder)/out/fleet.yaml --agent .build/host/release/murphy-agent\n"))
      #expect(
        outcome.errors.contains(
          "  ssh root@a2 'cat | install -D -m 644 /dev/stdin /etc/murphy/agent.json' "
            + "< \(folder)/out/agent-excelsior.example.org.json\n"))
    }
  }

  @Test("After init, a new scenario passes check and plan without an edit of its files")
  func noEdits() throws {
    // Also names that are keywords of scenarios.
    let answers = ["anything", "peer"].enumerated().map { index, name in
      let links = [Self.lo, Link(name: "eth0", addresses: ["10.0.0.\(index + 1)/24"])]
      return (
        "n\(index)",
        Self.answer(name, links, connection: "10.0.0.9 50000 10.0.0.\(index + 1) 22", domains: "web\n")
      )
    }
    try run(answers) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let fleet = "\(folder)/out/fleet.yaml"
      for fault in ["link.drop", "host.unplug", "vm.freeze"] {
        let made = try MurphyProgram.run([
          "new", "first", "--fault", fault, "--fleet", fleet, "--out", "\(folder)/\(fault)",
        ])
        #expect(made.code == 0, "\(made.errors)")
        let scenario = try text("\(folder)/\(fault)/first.yaml")
        let check = try MurphyProgram.run(["check", "\(folder)/\(fault)/first.yaml", fleet])
        #expect(check.code == 0 && check.errors == "", "\(check.errors)")
        try StandInSSH.run(
          ["plan", "FOLDER/unplug.yaml"], fleet: try text(fleet), scenario: scenario,
          ssh: """
            case $(tail -n 1 calls) in -G*) echo "hostname $host"; exit;; esac
            [ $host != n0 ] || running='"web"'
            greet
            serve 0.2.0
            """
        ) { plan, _ in
          #expect(
            plan.code == 0 && plan.output.hasSuffix("a run would begin\n"), "\(plan.output)\(plan.errors)")
        }
      }
    }
  }

  /// Plain KVM: one host with libvirt, containers beside its guests, and a user with sudo.
  @Test("The only host is a fleet, whose first scenario passes plan")
  func onlyHost() throws {
    let answer = Self.answer(
      "solo",
      [
        Self.lo, Link(name: "eth0", addresses: ["10.0.0.1/24"]),
        Link(name: "virbr0", kind: "bridge", addresses: ["192.168.122.1/24"]),
        Link(name: "vnet0", kind: "tun", master: "virbr0"),
        Link(name: "docker0", kind: "bridge", addresses: ["172.17.0.1/16"]),
        Link(name: "vethcd", kind: "veth", master: "docker0"),
      ], connection: "10.0.0.9 50000 10.0.0.1 22", routes: #"{"dst":"default","dev":"eth0"}"#,
      domains: "web\n", running: "web\n")
    try run([("s1", answer)], ["--become", "sudo"]) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let fleet = try text("\(folder)/out/fleet.yaml")
      for line in [
        "networks:\n  # the hosts' default route is here, and ssh uses it\n  service: {role: service, cidr: 10.0.0.0/24}\n\n",
        "    become: sudo\n    links:\n      service: eth0\n",
        "quorum: 0  # the only host: it needs no other\n",
      ] { #expect(fleet.contains(line), "\(line)\nisn't in\n\(fleet)") }
      for absent in ["172.17", "veth", "192.168.122"] { #expect(!fleet.contains(absent), "\(fleet)") }
      for line in [
        "  #   root ALL=(root) NOPASSWD: /usr/local/bin/murphy-agent\n",
        "  murphy new first --fault vm.freeze ",
      ] { #expect(outcome.errors.contains(line), "\(outcome.errors)") }
      let made = try MurphyProgram.run([
        "new", "first", "--fault", "host.unplug", "--fleet", "\(folder)/out/fleet.yaml", "--out", folder,
      ])
      #expect(made.code == 0, "\(made.errors)")
      let scenario = try text("\(folder)/first.yaml")
      let kill = try MurphyProgram.run([
        "new", "kill", "--fault", "vm.kill", "--fleet", "\(folder)/out/fleet.yaml", "--out", folder,
      ])
      #expect(kill.code == 0, "\(kill.errors)")
      // No manager starts the machine again.
      #expect(try text("\(folder)/kill.yaml").contains("    restart: leave  # "))
      let alone = try MurphyProgram.run([
        "new", "cut", "--fault", "partition", "--fleet", "\(folder)/out/fleet.yaml", "--out", folder,
      ])
      #expect(
        alone.code == 2 && alone.errors.contains("partition (sides): add another host"), "\(alone.errors)")
      #expect(scenario.contains("guards: [{when: solo-ssh down > 10m, then: abort}]"), "\(scenario)")
      try StandInSSH.run(
        ["plan", "FOLDER/unplug.yaml"], fleet: fleet, scenario: scenario,
        ssh: """
          case $(tail -n 1 calls) in -G*) echo "hostname $host"; exit;; esac
          greet
          serve 0.2.0
          """
      ) { plan, _ in
        #expect(
          plan.code == 0 && plan.output.hasSuffix("a run would begin\n"), "\(plan.output)\(plan.errors)")
        #expect(plan.output.contains("at most 1 down at once, 0 up, quorum 0"), "\(plan.output)")
      }
    }
  }

  @Test("init queries hosts with a fixed script that only reads, and needs no agent")
  func onlyReads() throws {
    try run(Self.fleet) { _, folder in
      #expect(try text("\(folder)/words") == "sh -s\nsh -s\nsh -s\n")
      let asked = try text("\(folder)/script").split(separator: "\n").filter { $0.hasPrefix("ask ") }
      #expect(
        asked == [
          "ask hostname cat /proc/sys/kernel/hostname", "ask connection printf '%s' \"$SSH_CONNECTION\"",
          "ask links ip -j -d address show", "ask routes ip -j route show default", "ask hosts getent hosts",
          "ask domains $limit $root virsh -r -c qemu:///system list --all --name",
          "ask running $limit $root virsh -r -c qemu:///system list --name",
          "ask volumes $limit $root gluster --mode=script --xml volume info",
          "ask peers $limit $root gluster --mode=script --xml pool list",
          "ask osds $limit $root ceph --connect-timeout 3 --format json osd tree",
          "ask cluster $limit $root crm_mon --output-as=xml",
          "ask node $limit $root crm_node -n",
          "ask policy test -e /etc/murphy/agent.json",
        ])
    }
  }

  @Test("Hosts without libvirt, storage and cluster give a fleet that names what is unknown")
  func bareHosts() throws {
    let answers = (1...2).map { number in
      (
        "b\(number)",
        Self.answer("b\(number)", [Self.lo, Link(name: "eth0", addresses: ["10.0.0.\(number)/8"])])
      )
    }
    try run(answers, ["--become", "sudo"]) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let fleet = try text("\(folder)/out/fleet.yaml")
      for line in [
        "# NOT KNOWN: b1: libvirt did not answer, so its domains are not known", "    become: sudo",
        "vms: {}", "quorum: 1  # of 2; increase it if the platform needs more\n",
        "probes: {}", "views: {}", "  storage: {role: storage, cidr: 10.0.0.0/8}", "      storage: eth0",
      ] { #expect(fleet.contains(line), "\(line)\nisn't in\n\(fleet)") }
      #expect(outcome.errors.contains("not known: b1: libvirt did not answer"))
      #expect(outcome.errors.contains("\n  make agent "))
      #expect(outcome.errors.contains("  ssh root@b1 'cat | sudo install -D -m 644 /dev/stdin "))
      #expect(try MurphyProgram.run(["check", "\(folder)/out/fleet.yaml"]).code == 0)
    }
  }

  @Test(
    "For an address on a bridge, init writes a port and lists the other ports"
  )
  func ports() throws {
    let answers = (1...2).map { number in
      (
        "p\(number)",
        Self.answer(
          "p\(number)",
          [
            Link(name: "ovs-system", kind: "openvswitch"),
            Link(
              name: "ovsbr", kind: "openvswitch", master: "ovs-system", addresses: ["10.1.0.\(number)/24"]),
            Link(name: "eno1", master: "ovs-system"), Link(name: "vnet1", kind: "tun", master: "ovs-system"),
            Link(name: "br1", kind: "bridge", addresses: ["10.2.0.\(number)/24"]),
            Link(name: "eno2", master: "br1"),
            Link(name: "eno3.7", kind: "vlan", master: "br1", below: "eno3"),
            Link(name: "br2", kind: "bridge", addresses: ["10.3.0.\(number)/24"]),
            Link(name: "vnet2", kind: "tun", master: "br2"),
          ])
      )
    }
    try run(answers) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let fleet = try text("\(folder)/out/fleet.yaml")
      #expect(
        fleet.contains(
          "# the address is on the bridge ovsbr; eno1 is its port to the network\n      storage: eno1\n"),
        "\(fleet)")
      #expect(
        fleet.contains(
          "# the address is on the bridge br1, whose ports are eno2, eno3.7: name the one that leads to the other hosts\n"
            + "      storage-2: eno2\n"), "\(fleet)")
      // A bridge that only has guests leads to no other host.
      #expect(!fleet.contains("10.3.0"), "\(fleet)")
    }
  }

  @Test("init gives different names to hosts, machines and aliases that have the same name or are keywords")
  func namesOfSeveral() throws {
    let answers = [("web", "10.0.0.1"), ("peer", "10.0.0.2"), ("web", "10.0.0.3")].enumerated().map {
      index, host in
      (
        "n\(index)",
        Self.answer(
          host.0, [Link(name: "eth0", addresses: ["\(host.1)/24"])],
          hosts: "10.0.0.1 web\n10.0.0.2 peer st2\n",
          domains: "web\nst2\n",
          peers: """
            <cliOutput><opRet>0</opRet><peerStatus><peer><hostname>peer</hostname></peer><peer><hostname>st2</hostname></peer>
            </peerStatus></cliOutput>
            """, node: "web")
      )
    }
    try run(answers) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let fleet = try text("\(folder)/out/fleet.yaml")
      for line in [
        "  web:\n    ssh: root@n0\n", "  n1:\n    ssh: root@n1\n", "    aliases: [st2]\n",
        "  web-2: {domain: web}", "  st2-2: {domain: st2}",
      ] {
        #expect(fleet.contains(line), "\(line)\nisn't in\n\(fleet)")
      }
    }
  }

  @Test("init keeps names that are YAML words or have spaces and quotes")
  func oddNames() throws {
    let answer = Self.answer(
      "on", [Self.lo, Link(name: "no", addresses: ["10.0.0.1/24"])],
      domains: "a \"b\"\n#x: y\n10\nweb\u{1B}[2J\n",
      running: "10")
    try run([("c1", answer)]) { outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      let fleet = try text("\(folder)/out/fleet.yaml")
      for line in [
        "  host-on:", "      storage: \"no\"", #"{domain: "a \"b\""}"#, ##"{domain: "#x: y"}"##,
        #"vm-10: {domain: "10"}"#,
      ] { #expect(fleet.contains(line), "\(line)\nisn't in\n\(fleet)") }
      #expect(!fleet.contains("\u{1B}"))
      #expect(try MurphyProgram.run(["check", "\(folder)/out/fleet.yaml"]).code == 0)
    }
  }

  @Test("init overwrites no file, and queries no host if a file exists")
  func nothingIsOverwritten() throws {
    try run(Self.fleet) { first, folder in
      #expect(first.code == 0)
      try DurableFile.write(Array("mine".utf8), to: "\(folder)/out/fleet.yaml")
      try DurableFile.remove("\(folder)/words")
      let again = try MurphyProgram.run(["init", "--out", "\(folder)/out", "root@a1"], tools: folder)
      #expect(again.code == 2)
      #expect(again.errors.hasPrefix("\(folder)/out/fleet.yaml: "))
      #expect(try text("\(folder)/out/fleet.yaml") == "mine")
      #expect(throws: SystemError.self) { try text("\(folder)/words") }
      // A policy that exists refuses too, before any file is written.
      try DurableFile.remove("\(folder)/out/fleet.yaml")
      let policies = try MurphyProgram.run(["init", "--out", "\(folder)/out", "root@a1"], tools: folder)
      #expect(policies.code == 2)
      #expect(policies.errors.contains("/agent-dauntless.example.org.json: "))
      #expect(access("\(folder)/out/fleet.yaml", F_OK) != 0)
    }
  }

  @Test("init names all hosts that it can't query, and then writes no file")
  func hostsThatDoNotAnswer() throws {
    let failing = """
      case $host in
        a1) echo 'a1: Permission denied (publickey).' >&2; exit 255;;
        a2) echo 'this account is not available'; exit 1;;
        a3) exit 0;;
      esac
      """
    try run(Self.fleet, ssh: failing) { outcome, folder in
      #expect(outcome.code == 3)
      #expect(outcome.output == "")
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.count == 4, "\(outcome.errors)")
      for (line, part) in zip(lines, ["Permission denied (publickey).", "exit code 1", "root@a3: "]) {
        #expect(line.contains(part), "\(line)")
      }
      for (line, host) in zip(lines, ["a1", "a2", "a3"]) { #expect(line.hasPrefix("root@\(host): ")) }
      #expect(access("\(folder)/out", F_OK) != 0)
    }
  }

  @Test("An ip command without JSON output is named with the version that is needed")
  func anOldTool() throws {
    let old = Self.answer("old", []).replacing("links\n[]\n@murphy-code 0", with: "links\n\n@murphy-code 255")
    try run([("d1", old)]) { outcome, _ in
      #expect(outcome.code == 3)
      #expect(
        outcome.errors.contains("root@d1: 'ip -j'") && outcome.errors.contains("iproute2 4.14"),
        "\(outcome.errors)")
    }
  }

  @Test(
    "init refuses destinations and names that no fleet can have",
    arguments: [
      (["-oProxyCommand=x"], "Error: "),
      (["a b"], "a b: error: ssh: 'a b': "), (["root@x", "root@x"], "root@x "),
      (["root@x,root@y"], "root@x,root@y: error: "),
      (["--name", "my fleet", "root@x"], "--name: error: "),
      (["--ssh-config", "/nowhere", "root@x"], "--ssh-config: open /nowhere"),
      (["--become", "doas", "root@x"], "Error: "),
    ])
  func badInput(arguments: [String], words: String) throws {
    let outcome = try MurphyProgram.run(["init"] + arguments)
    #expect(outcome.code == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }
}

/// `murphy new`.
@Suite struct NewTests {
  private static let fleet = """
    fleet: tdf
    networks:
      external: {role: service, cidr: 10.77.2.0/24}
      internal: {role: storage, cidr: 10.77.1.0/24}
    hosts:
      dauntless: {ssh: root@dauntless, links: {external: eth0, internal: eth1}}
      falco: {ssh: root@falco, links: {external: eth0}}
    quorum: 1
    vms: {db: {domain: db}}
    probes: {shop: {http: "http://10.77.2.101/", every: 1s}}
    views: {manager: {pacemaker: {}}, alerts: {alertmanager: "http://10.77.2.102/"}}

    """

  private func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  @Test(
    "A new scenario of each fault passes check with the fleet whose names it has",
    arguments: [
      ("host.unplug", "target: {host: falco}"), ("link.drop", "target: {host: dauntless, network: internal}"),
      ("vm.freeze", "target: {vm: db}"), ("firewall.lock", "target: {host: falco}"),
    ])
  func withAFleet(fault: String, target: String) throws {
    try withTemporaryFolder { folder in
      let fleet = "\(folder)/fleet.yaml"
      try DurableFile.write(Array(Self.fleet.utf8), to: fleet)
      let outcome = try MurphyProgram.run([
        "new", "first", "--fault", fault, "--fleet", fleet, "--out", folder,
      ])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output == "\(folder)/first.yaml\n")
      let scenario = try text("\(folder)/first.yaml")
      #expect(
        scenario.contains(target) && scenario.contains("probes: [shop], views: [manager, alerts]"),
        "\(scenario)")
      let check = try MurphyProgram.run(["check", "\(folder)/first.yaml", "--fleet", fleet])
      #expect(check.code == 0 && check.errors == "", "\(check.errors)")
      let again = try MurphyProgram.run(["new", "first", "--fleet", fleet, "--out", folder])
      #expect(again.code == 2 && again.errors.contains("first.yaml: "))
      #expect(try text("\(folder)/first.yaml") == scenario)
    }
  }

  /// If a lab is running, its names are used. Both files pass.
  @Test(
    "Without a fleet, a new scenario passes check by itself",
    arguments: Catalogue.builtIn.descriptions.map(\.name))
  func withoutAFleet(fault: String) throws {
    try withTemporaryFolder { folder in
      let outcome = try MurphyProgram.run(["new", "first", "--fault", fault, "--out", "\(folder)/new"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let check = try MurphyProgram.run(["check", "\(folder)/new/first.yaml"])
      #expect(check.code == 0 && check.errors == "", "\(check.errors)")
    }
  }

  @Test("A file that can't be written is bad input, and the error has the reason")
  func badInput() throws {
    try withTemporaryFolder { folder in
      let fleet = "\(folder)/fleet.yaml"
      try DurableFile.write(
        Array(Self.fleet.replacing("vms: {db: {domain: db}}\n", with: "").utf8), to: fleet)
      for (arguments, words) in [
        (["a.b"], "a.b: error: scenario: 'a.b': "), (["x/y"], "error: "),
        (["x", "--fault", "link.dorp"], "'link.drop'"), (["x", "--fault", "vm.freeze"], "vm.freeze (vm)"),
        (["x", "--fleet", "/nowhere.yaml"], "/nowhere.yaml: error: "),
      ] {
        let option = arguments.contains("--fleet") ? [] : ["--fleet", fleet]
        let outcome = try MurphyProgram.run(["new"] + arguments + option + ["--out", folder])
        #expect(outcome.code == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
      #expect(try DurableFile.list(folder) == ["fleet.yaml"])
    }
  }
}
