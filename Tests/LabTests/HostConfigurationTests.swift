import Linux
import Testing

@testable import Lab

@Suite struct HostConfigurationTests {
  @Test func everyHostHasAddressesOfItsOwn() {
    #expect(LabHost.allCases.map(\.internalAddress) == ["10.77.1.11", "10.77.1.12", "10.77.1.13"])
    #expect(LabHost.allCases.map(\.externalAddress) == ["10.77.2.11", "10.77.2.12", "10.77.2.13"])
  }

  @Test func mountsNoFolderInsideAnother() {
    let folders = LabHost.topFolders
    #expect(folders.contains("etc/libvirt"))
    #expect(!folders.contains("etc/libvirt/vms"))
    for own in LabHost.ownFolders {
      #expect(folders.contains { own == $0 || own.hasPrefix($0 + "/") })
    }
  }

  @Test func corosyncKnowsEveryNodeByAddress() throws {
    let service = LabHost.falco.corosync(cluster: "a")
    let text = try #require(service.files["etc/corosync/corosync.conf"])
    #expect(text.contains("cluster_name: a\n"))
    #expect(text.contains("  node {\n    nodeid: 2\n    name: excelsior\n    ring0_addr: 10.77.2.12\n  }\n"))
    #expect(text.filter { $0 == "{" }.count == text.filter { $0 == "}" }.count)
  }

  @Test func libvirtTellsItsHostsApartAndLeavesTheMachinesCgroupsAlone() throws {
    let texts = try LabHost.allCases.map { try #require($0.libvirtd.files["etc/libvirt/libvirtd.conf"]) }
    let uuids = texts.flatMap { $0.split(separator: "\n").filter { $0.hasPrefix("host_uuid") } }
    #expect(Set(uuids).count == 3)
    let qemu = try #require(LabHost.dauntless.libvirtd.files["etc/libvirt/qemu.conf"])
    #expect(qemu.contains("cgroup_controllers = []\n"))
  }

  /// The resource agent reads the name with a line-wise sed.
  @Test func theDomainsNameStandsOnALineOfItsOwn() {
    let lines = Guest.domain.split(separator: "\n").map { $0.drop { $0 == " " } }
    #expect(lines.contains("<name>web</name>"))
    #expect(lines.contains("<source file='/srv/vms/web.img'/>"))
  }

  @Test func glustersPingTimeoutStaysAtItsDefault() {
    #expect(!LabHost.volumeScript.contains("ping-timeout"))
    #expect(LabHost.volumeScript.contains("replica 3 10.77.1.11:/bricks/vms/brick 10.77.1.12:"))
  }

  @Test func aBootStartsEverythingAfterTheNetwork() throws {
    let lines = LabHost.excelsior.bootScript(lab: "a").split(separator: "\n")
    let network = try #require(lines.firstIndex(of: "ip address add 10.77.1.12/24 dev eth1"))
    for daemon in ["sshd", "virtlogd", "libvirtd", "glusterd", "corosync", "sh /etc/lab/pacemaker.sh"] {
      let start = try #require(
        lines.firstIndex {
          $0.hasPrefix("setsid -f \(daemon) ") || $0.hasPrefix("setsid -f /usr/sbin/\(daemon) ")
        },
        "\(daemon) isn't started")
      #expect(network < start, "\(daemon)")
    }
    let recovery = try #require(lines.firstIndex { $0.hasPrefix("murphy-agent recover ") })
    #expect(network < recovery)
    #expect(lines.last == "exec sleep infinity")
  }

  @Test func sshTrustsTheLabsKeysAlone() {
    let text = LabHost.sshConfig(state: "/s/a")
    #expect(text.contains("Host excelsior\n  HostName 10.77.2.12\n"))
    #expect(text.contains("  UserKnownHostsFile /s/a/ssh/known_hosts\n"))
    #expect(text.contains("  StrictHostKeyChecking yes\n"))
    #expect(text.contains("  ConnectTimeout 3\n"))
    #expect(!text.contains("ServerAlive"))
  }

  @Test func writesAFleetLikeAnyOther() {
    let record = LabRecord(
      lab: "a", phase: .starting, platform: ProcessIdentity(pid: 42, started: 7),
      networkNamespace: 4_026_532_181,
      hosts: [:])
    #expect(
      FleetFile.text(lab: "a", state: "/s/a", record: record) == """
        fleet: a
        ssh-config: /s/a/ssh_config
        netns: {path: /proc/42/ns/net, inode: 4026532181}
        networks:
          internal: {role: storage, cidr: 10.77.1.0/24}
          external: {role: service, cidr: 10.77.2.0/24}
        hosts:
          dauntless: {ssh: root@dauntless, links: {internal: eth1, external: eth0}, aliases: [10.77.1.11]}
          excelsior: {ssh: root@excelsior, links: {internal: eth1, external: eth0}, aliases: [10.77.1.12]}
          falco: {ssh: root@falco, links: {internal: eth1, external: eth0}, aliases: [10.77.1.13]}
        vms:
          web: {domain: web}
        quorum: 2
        probes:
          website: {http: "http://10.77.2.101/", every: 100ms, timeout: 1s, expect: {status: 200}}
          writes: {append: "tcp://10.77.2.101:7000", every: 100ms}
        views:
          storage: {gluster: vms}
          manager: {pacemaker: {}}

        """)
  }
}
