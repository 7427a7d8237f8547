import Files
import Foundation
import Scenario

/// The fleet of the design documents, unchanged.
let exampleFleet = """
  fleet: tdf
  networks:
    internal: {role: storage, cidr: 10.77.1.0/24}
    external: {role: service, cidr: 10.77.2.0/24}
  hosts:
    dauntless: {ssh: root@dauntless.example.org, links: {internal: eth1, external: eth0}, bmc: {ipmi: 10.0.0.11, user: admin, password-file: /etc/murphy/bmc}}
  vms:
    web: {domain: web}
  quorum: 2
  probes:
    website: {http: "http://10.77.2.101/", every: 100ms, timeout: 1s, expect: {status: 200}}
    writes: {append: "tcp://10.77.2.101:7000", every: 100ms}
  views:
    storage: {gluster: vms}
    manager: {pacemaker: {}}
    monitoring: {alertmanager: "http://10.77.2.250:9093"}

  """

/// The scenario of the design documents, unchanged.
let exampleScenario = """
  scenario: unplug-host
  title: One host loses every cable, unannounced
  rehearses: a
  steady: {for: 10s, probes: [website, writes], views: [storage, manager]}
  timeline:
    - {at: 0s, fault: host.unplug, target: {host-of: web}, for: 90s, mode: carrier}
  recovery: {stable: 10s, no-progress: 5m, cap: 30m}
  objectives: {website.downtime: max 60s, writes.lost: max 0, manager.time-to-detect: max 15s, residue: max 0}
  guards: [{when: hosts-down > 1, then: abort}]
  trials: 3

  """

/// A fleet of three hosts, with one part per line, for tables that break one line each.
let labFleet = """
  fleet: lab
  networks:
    internal: {role: storage, cidr: 10.77.1.0/24}
    external: {role: service, cidr: 10.77.2.0/24}
  hosts:
    dauntless: {ssh: root@10.77.2.1, links: {internal: eth1, external: eth0}}
    excelsior: {ssh: ann@10.77.2.2, become: sudo, links: {internal: eth1, external: eth0}}
    falco:
      ssh: root@10.77.2.3
      links:
        internal: eth1
        external: eth0
  vms:
    web: {domain: web}
  quorum: 2
  probes:
    website: {http: "http://10.77.2.101/", every: 100ms, timeout: 1s, expect: {status: 200, body: hello}}
    writes: {append: "tcp://10.77.2.101:7000", every: 100ms, mounts: [{host: falco, path: /srv/web.img}], replicas: [{host: falco, path: /bricks/1/web.img}, {host: falco, path: /bricks/2/web.img}]}
    ssh-port: {tcp: "tcp://10.77.2.1:22"}
    gateway: {ping: 10.77.2.254, every: 1s}
  views:
    storage: {gluster: vms, every: 2s}
    manager: {pacemaker: {}}
  ssh-config: /etc/murphy/ssh_config
  netns: {path: /run/netns/lab, inode: 4026532200}

  """

/// A scenario of that fleet that uses every key.
let labScenario = """
  scenario: two-disasters
  title: "A link fails, then the host that detected it"
  rehearses: [a, h, 4711]
  steady:
    for: 10s
    probes: [website, writes]
    views: [storage, manager]
  timeline:
    - name: cut
      at: 5s
      fault: link.drop
      target: {host: falco, network: internal}
      for: 60s
      mode: silent
      direction: in
    - {after: cut, delay: 10s, fault: firewall.lock, target: {host: any}, for: 30s, allow: [22, 7000], established: cut}
    - {when: manager sees falco down, fault: vm.freeze, target: {vm: web}, for: 30s}
  recovery: {stable: 10s, no-progress: 3m, cap: 10m}
  objectives:
    website.downtime: max 60s
    writes.lost: exactly 0
    manager.time-to-detect: max 15s
    web.time-to-fail-over: max 2m
    residue: max 0
  guards:
    - {when: hosts-down > 1, then: abort}
    - {when: website down > 5m, then: abort}
  trials: 3
  beyond-quorum: true
  shorter-fault: counts
  services:
    website: {mbco: 500ms, availability: 99.9%}

  """

/// The fleet for the tables' scenarios.
func lab() throws -> Fleet { try FleetFile.parse(text: labFleet, file: "fleet.yaml").value }

/// A text with one line replaced.
func text(_ text: String, line: Int, replacedBy new: String) -> String {
  var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  lines[line - 1] = new
  return lines.joined(separator: "\n")
}

/// The findings for a text; empty if it is accepted.
func refusal(of body: () throws -> Void) throws -> [Diagnostic] {
  do {
    try body()
    return []
  } catch let refused as FileRefused {
    return refused.diagnostics
  }
}

/// `line:column` of each diagnostic.
func places(_ diagnostics: [Diagnostic]) -> [String] { diagnostics.map { "\($0.line):\($0.column)" } }
