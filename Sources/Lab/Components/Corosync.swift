/// Membership and quorum. Its timers are the defaults: a token timeout of 3 s, plus 650 ms for the third node.
struct Corosync: LabComponent {
  let network: LabNetwork

  let name = "corosync"
  let programs: KeyValuePairs = ["corosync": ["corosync", "corosync-quorumtool"]]
  let folders = ["etc/corosync", "var/lib/corosync"]

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    let nodes = lab.spec.hosts(of: name).map { host in
      """
        node {
          nodeid: \(host.number)
          name: \(host.name)
          ring0_addr: \(network.address(of: host))
        }

      """
    }
    return [
      "etc/corosync/corosync.conf": """
      totem {
        version: 2
        cluster_name: \(lab.name)
        transport: udpu
        crypto_cipher: none
        crypto_hash: none
      }
      nodelist {
      \(nodes.joined())}
      quorum {
        provider: corosync_votequorum
      }
      system {
        # No real-time priority, and not in the machine's root cgroup.
        sched_rr: no
        move_to_root_cgroup: no
      }
      logging {
        to_stderr: no
        to_syslog: no
        to_logfile: yes
        logfile: /var/log/corosync/corosync.log
        timestamp: hires
      }

      """
    ]
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    [
      LabService(
        part: .corosync, daemon: "corosync", log: "/var/log/corosync/corosync.log",
        start: """
          mkdir -p /var/log/corosync /var/lib/corosync
          setsid -f corosync -f > /var/log/corosync/boot.log 2>&1
          """,
        ask: .inHost(
          """
          output=$(corosync-quorumtool -s 2>&1)
          if echo "$output" | grep -q '^Quorate: *Yes'; then
            echo "quorate, $(echo "$output" | sed -n 's/^Total votes: *//p') votes"
          else
            echo "$output" | grep -E 'Cannot|^Quorate|^Total' || echo "no quorum"
            exit 1
          fi
          """),
        patience: 40)
    ]
  }
}

extension LabPart {
  /// Corosync, with quorum.
  package static let corosync = LabPart(rawValue: "corosync")
}
