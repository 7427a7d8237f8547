import FoundationEssentials

/// The HA manager. Like with any distribution's units, it starts once Corosync, libvirt and the volume are ready.
struct Pacemaker: LabComponent {
  /// `<primitive>` elements of its configuration.
  let resources: [String]
  /// `<rsc_…>` elements of its constraints.
  var constraints: [String] = []
  /// Nil: a host that is lost is never fenced.
  var fencing: Fencing?

  let name = "pacemaker"
  let programs: KeyValuePairs = [
    "pacemaker": ["pacemakerd"], "pacemaker-cli-utils": ["crm_mon", "crm_resource"],
  ]
  let folders = ["var/lib/pacemaker"]

  func missing(for lab: Lab) -> [String] {
    FileManager.default.fileExists(atPath: "/usr/lib/ocf/resource.d/heartbeat/VirtualDomain")
      ? [] : ["no resource agent VirtualDomain: apt-get install resource-agents"]
  }

  func files(on host: LabHost, in lab: Lab) -> [String: String] {
    [
      "etc/default/pacemaker": """
      PCMK_logfile=/var/log/pacemaker/pacemaker.log
      PCMK_logfacility=none

      """,
      "var/lib/pacemaker/cib/cib.xml": clusterInformationBase(in: lab),
    ]
  }

  func services(on host: LabHost, in lab: Lab) -> [LabService] {
    [
      LabService(
        part: .pacemaker, daemon: "pacemakerd", log: "/var/log/pacemaker/pacemaker.log",
        after: [.volume, .libvirt, .corosync],
        // Like its systemd unit: restarts after a failure, except after exit code 100, 'stay down'.
        start: """
          install -d -m 770 -o hacluster -g haclient /var/log/pacemaker
          install -d -m 750 -o hacluster -g haclient /run/crm
          install -d /run/resource-agents
          for folder in blackbox cib cores pengine; do
            install -d -m 750 -o hacluster -g haclient "/var/lib/pacemaker/$folder"
          done
          chown hacluster:haclient /var/lib/pacemaker/cib/cib.xml
          chmod 600 /var/lib/pacemaker/cib/cib.xml
          set -a
          . /etc/default/pacemaker
          set +a
          setsid -f sh -c 'while code=0; pacemakerd -f || code=$?; [ $code -ne 0 ] && [ $code -ne 100 ]; do sleep 1; done' \\
            > /var/log/pacemaker/boot.log 2>&1
          """,
        // Moves its resources to other hosts first.
        stop: """
          if pids=$(busybox pidof pacemakerd); then
            kill $pids
            timeout 90 sh -c 'while busybox pidof pacemakerd > /dev/null; do sleep 0.2; done' || true
          fi
          """,
        ask: .inHost(
          """
          output=$(crm_mon --one-shot --output-as=xml 2>&1) || { echo "$output" | grep -o 'message="[^"]*"'; exit 1; }
          echo "$output" | grep -q "<node name=\\"$1\\" .*online=\\"true\\"" || { echo "not a member yet"; exit 1; }
          echo "$output" | sed -n 's/.*<current_dc .*name="\\([^"]*\\)".*/online, DC \\1/p'
          """),
        patience: 60)
    ]
  }

  func add(to fleet: inout LabFleet, in lab: Lab) { fleet.views.append("manager: {pacemaker: {}}") }

  /// The cluster's configuration at its first start. The feature set is older than any that Debian 12 ships, so that
  /// Pacemaker accepts and upgrades it; it would refuse one newer than its own.
  ///
  /// `dc-deadtime` is 5 s instead of 20: how long the first node waits for others before it becomes the DC.
  private func clusterInformationBase(in lab: Lab) -> String {
    """
    <cib crm_feature_set="3.0.14" validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="0">
      <configuration>
        <crm_config>
          <cluster_property_set id="cluster">
            <nvpair id="cluster-stonith-enabled" name="stonith-enabled" value="\(fencing != nil)"/>
            <nvpair id="cluster-no-quorum-policy" name="no-quorum-policy" value="stop"/>
            <nvpair id="cluster-dc-deadtime" name="dc-deadtime" value="5s"/>
          </cluster_property_set>
        </crm_config>
        <nodes/>
        <resources>
          \((resources + (fencing?.resources(in: lab) ?? [])).joined(separator: "\n"))
        </resources>
        <constraints>
          \((constraints + (fencing?.constraints(in: lab) ?? [])).joined(separator: "\n"))
        </constraints>
      </configuration>
      <status/>
    </cib>

    """
  }
}

extension LabPart {
  /// Pacemaker, with the host as a member.
  package static let pacemaker = LabPart(rawValue: "pacemaker")
}
