extension LabHost {
  /// Membership and quorum, on the external network as management was in the postmortem. Its timers are the
  /// defaults: a token of 1 s, and 650 ms more for the third node.
  func corosync(cluster: String) -> HostService {
    let nodes = LabHost.allCases.map { host in
      """
        node {
          nodeid: \(host.number)
          name: \(host.name)
          ring0_addr: \(host.externalAddress)
        }

      """
    }
    return HostService(
      part: .corosync, daemon: "corosync", log: "/var/log/corosync/corosync.log",
      files: [
        "etc/corosync/corosync.conf": """
        totem {
          version: 2
          cluster_name: \(cluster)
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
          # No real-time priority, and no cgroup of the machine's.
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
      ],
      start: """
        mkdir -p /var/log/corosync /var/lib/corosync
        setsid -f corosync -f > /var/log/corosync/boot.log 2>&1
        """,
      ask: """
        said=$(corosync-quorumtool -s 2>&1)
        if echo "$said" | grep -q '^Quorate: *Yes'; then
          echo "quorate, $(echo "$said" | sed -n 's/^Total votes: *//p') votes"
        else
          echo "$said" | grep -E 'Cannot|^Quorate|^Total' || echo "no quorum"
          exit 1
        fi
        """,
      patience: 40)
  }
}
