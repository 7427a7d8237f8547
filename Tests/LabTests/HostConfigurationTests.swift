import Linux
import Testing

@testable import Lab

@Suite struct HostConfigurationTests {
  private let lab: Lab
  private let hosts: [LabHost]

  init() throws {
    lab = try Lab(name: "a", spec: .threeHosts, stateRoot: "/s", agent: "/opt/murphy-agent")
    hosts = lab.spec.hosts
  }

  /// All files of a host, by path from its root.
  private func files(of host: LabHost) -> [String: String] {
    lab.spec.components(on: host).reduce(into: host.files(in: lab)) { files, component in
      files.merge(component.files(on: host, in: lab)) { _, new in new }
    }
  }

  @Test("A folder inside another is not mounted again")
  func topFolders() {
    #expect(LabHost.top(of: ["etc/a", "etc/a/b", "var", "var/c", "etc/ab"]) == ["etc/a", "var", "etc/ab"])
    #expect(hosts[0].ownFolders(lab.spec).contains("bricks/vms"))
  }

  @Test("Corosync's configuration has every node with its address")
  func corosync() throws {
    let text = try #require(files(of: hosts[2])["etc/corosync/corosync.conf"])
    #expect(text.contains("cluster_name: a\n"))
    #expect(text.contains("  node {\n    nodeid: 2\n    name: excelsior\n    ring0_addr: 10.77.2.12\n  }\n"))
    #expect(text.filter { $0 == "{" }.count == text.filter { $0 == "}" }.count)
  }

  @Test("Each libvirtd has its own UUID and doesn't use the machine's cgroups")
  func libvirt() throws {
    let texts = try hosts.map { try #require(files(of: $0)["etc/libvirt/libvirtd.conf"]) }
    let uuids = texts.flatMap { $0.split(separator: "\n").filter { $0.hasPrefix("host_uuid") } }
    #expect(Set(uuids).count == 3)
    let qemu = try #require(files(of: hosts[0])["etc/libvirt/qemu.conf"])
    #expect(qemu.contains("cgroup_controllers = []\n"))
  }

  @Test("The domain's name is alone on its line, as the resource agent's sed reads it")
  func domain() {
    let lines = Website.guest.definition.split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(lines.contains("<name>web</name>"))
    #expect(lines.contains("<source file='/srv/vms/web.img'/>"))
  }

  @Test("Gluster's volume has a brick on every host and keeps the default ping-timeout")
  func volume() throws {
    let setups = lab.spec.components.compactMap { $0.setup(in: lab) }
    #expect(setups.map(\.part) == [.volume])
    let script = try #require(setups.first?.script)
    #expect(!script.contains("ping-timeout"))
    #expect(script.contains("replica 3 10.77.1.11:/bricks/vms/brick 10.77.1.12:"))
  }

  @Test(
    "A boot starts everything after the network, and Pacemaker after the parts that it needs have answered")
  func boot() throws {
    let files = files(of: hosts[1])
    let lines = try #require(files["etc/lab/boot.sh"]).split(separator: "\n")
    let network = try #require(lines.firstIndex(of: "ip address add 10.77.1.12/24 dev eth1"))
    #expect(lines.contains("ip address add 10.77.2.12/24 dev br0"))
    for daemon in ["/usr/sbin/sshd", "virtlogd", "libvirtd", "glusterd", "corosync"] {
      let start = try #require(
        lines.firstIndex { $0.hasPrefix("setsid -f \(daemon) ") }, "\(daemon) isn't started")
      #expect(network < start, "\(daemon)")
    }
    let later = "setsid -f sh /etc/lab/after.sh excelsior pacemaker volume libvirt corosync "
    #expect(lines.contains { $0.hasPrefix(later) })
    #expect(files["etc/lab/start/pacemaker.sh"]?.contains("pacemakerd -f") == true)
    let recovery = try #require(lines.firstIndex { $0.hasPrefix("murphy-agent recover ") })
    #expect(network < recovery)
    #expect(lines.suffix(3) == ["trap shut_down TERM", "sleep infinity &", "wait"])
  }

  @Test("ssh trusts the lab's keys only")
  func ssh() {
    let text = Sshd(network: lab.spec.networks[1]).clientConfiguration(lab)
    #expect(text.contains("Host excelsior\n  HostName 10.77.2.12\n"))
    #expect(text.contains("  UserKnownHostsFile /s/a/ssh/known_hosts\n"))
    #expect(text.contains("  StrictHostKeyChecking yes\n"))
    #expect(text.contains("  ConnectTimeout 3\n"))
    #expect(!text.contains("ServerAlive"))
  }

  @Test("Hosts and the guest are known by name")
  func names() {
    #expect(
      files(of: hosts[0])["etc/hosts"] == """
        127.0.0.1 localhost
        10.77.2.11 dauntless
        10.77.2.12 excelsior
        10.77.2.13 falco
        10.77.2.101 web

        """)
  }

  private func added(_ number: Int) -> String {
    "addresses: {internal: 10.77.1.1\(number), external: 10.77.2.1\(number)}, "
      + "bmc: {ipmi: 10.77.3.1\(number), user: murphy, password-file: /s/a/bmc-password}, aliases: [10.77.1.1\(number)]"
  }

  private func places(_ folder: String) -> String {
    hosts.map { "{host: \($0.name), path: \(folder)/web.img}" }.joined(separator: ", ")
  }

  @Test("A lab's fleet file is like any other")
  func fleet() {
    let record = LabRecord(
      lab: "a", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7),
      networkNamespace: 4_026_532_181)
    #expect(
      LabFleet.text(of: lab, record: record) == """
        fleet: a
        controller: {policy: /s/a/controller.json, leases: /s/a/controller}
        ssh-config: /s/a/ssh_config
        netns: {path: /proc/42/ns/net, inode: 4026532181}
        networks:
          internal: {role: storage, cidr: 10.77.1.0/24}
          external: {role: service, cidr: 10.77.2.0/24}
        hosts:
          dauntless: {ssh: root@dauntless, links: {internal: eth1, external: eth0}, \(added(1))}
          excelsior: {ssh: root@excelsior, links: {internal: eth1, external: eth0}, \(added(2))}
          falco: {ssh: root@falco, links: {internal: eth1, external: eth0}, \(added(3))}
        vms:
          web: {domain: web}
        quorum: 2
        probes:
          website: {http: "http://10.77.2.101/", every: 100ms, timeout: 1s, expect: {status: 200}}
          writes: {append: "tcp://10.77.2.101:7000", every: 100ms, mounts: [\(places("/srv/vms"))], \
        replicas: [\(places("/bricks/vms/brick"))]}
        views:
          storage: {gluster: vms}
          manager: {pacemaker: {}}

        """)
  }

  @Test("The fleet of a plain lab has one host, no views and no quorum, and only libvirt's modular sockets")
  func plainFleet() throws {
    let lab = try Lab(name: "a", spec: .named("plain"), stateRoot: "/s", agent: "/opt/murphy-agent")
    let record = LabRecord(
      lab: "a", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7),
      networkNamespace: 4_026_532_181)
    #expect(
      LabFleet.text(of: lab, record: record) == """
        fleet: a
        controller: {policy: /s/a/controller.json, leases: /s/a/controller}
        ssh-config: /s/a/ssh_config
        netns: {path: /proc/42/ns/net, inode: 4026532181}
        networks:
          external: {role: service, cidr: 10.77.2.0/24}
        hosts:
          dauntless: {ssh: root@dauntless, links: {external: eth0}, addresses: {external: 10.77.2.11}, \
        bmc: {ipmi: 10.77.3.11, user: murphy, password-file: /s/a/bmc-password}}
        vms:
          web: {domain: web}
        quorum: 0
        probes:
          website: {http: "http://10.77.2.101/", every: 100ms, timeout: 1s, expect: {status: 200}}
          writes: {append: "tcp://10.77.2.101:7000", every: 100ms, mounts: [{host: dauntless, path: /srv/vms/web.img}]}

        """)
    let renaming = #"mv "libvirt/libvirt-$socket" "libvirt/virtqemud-$socket""#
    #expect(lab.spec.hosts[0].bootScript(in: lab).contains(renaming))
    #expect(!hosts[0].bootScript(in: self.lab).contains(renaming))
    // All programs of a cluster may be missing.
    let needed = lab.spec.components.flatMap { $0.programs.map(\.key) }
    #expect(Set(needed).isDisjoint(with: ["corosync", "pacemaker", "glusterfs-server"]))
  }

  @Test("A lab of two plain hosts has the backups on the other host, modular sockets on both, and no quorum")
  func twoPlainHosts() throws {
    let lab = try Lab(name: "a", spec: .named("two-plain"), stateRoot: "/s", agent: "/opt/murphy-agent")
    let hosts = lab.spec.hosts
    #expect(hosts.map(\.name) == ["dauntless", "excelsior"])
    #expect(lab.spec.components.map(\.name) == ["bmc", "ssh", "libvirt", "website"])
    let record = LabRecord(
      lab: "a", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7), networkNamespace: 1)
    let fleet = LabFleet.text(of: lab, record: record)
    for line in ["quorum: 0\n", "  excelsior: {ssh: root@excelsior, ", "  web: {domain: web}\n"] {
      #expect(fleet.contains(line), "\(line)\nisn't in\n\(fleet)")
    }
    for word in ["views:", "mounts:", "storage"] { #expect(!fleet.contains(word), "\(fleet)") }
    for (host, other) in [(hosts[0], "excelsior"), (hosts[1], "dauntless")] {
      #expect(host.bootScript(in: lab).contains(#""libvirt/virtqemud-$socket""#))
      let files = lab.spec.components(on: host).reduce(into: host.files(in: lab)) { files, component in
        files.merge(component.files(on: host, in: lab)) { _, new in new }
      }
      #expect(files["etc/lab/backup.sh"]?.contains(" root@\(other) 'dd of=/srv/backup/web.img.new ") == true)
      let restore = try #require(files["etc/lab/restore.sh"])
      #expect(
        restore.contains(" root@\(other) \"$virsh domstate web\" ") && !restore.contains("@\(host.name)"))
    }
    // After a restore elsewhere, a host that returns must not run the machine too.
    let setups = lab.spec.components.compactMap { $0.setup(in: lab) }
    #expect(setups.count == 1 && setups.allSatisfy { !$0.script.contains("autostart") })
    let alone = try Lab(name: "a", spec: .named("plain"), stateRoot: "/s", agent: "/opt/murphy-agent")
    #expect(
      alone.spec.components.compactMap { $0.setup(in: alone) }.allSatisfy { $0.script.contains("autostart") })
  }
}
