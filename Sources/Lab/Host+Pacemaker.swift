extension LabHost {
  /// The HA manager. Like any distribution's units, it starts once Corosync, libvirt and the volume are there.
  var pacemaker: HostService {
    HostService(
      part: .pacemaker, daemon: "pacemakerd", log: "/var/log/pacemaker/pacemaker.log",
      files: [
        "etc/default/pacemaker": """
        PCMK_logfile=/var/log/pacemaker/pacemaker.log
        PCMK_logfacility=none

        """,
        "var/lib/pacemaker/cib/cib.xml": LabHost.clusterInformationBase,
        "etc/lab/pacemaker.sh": """
        until mountpoint -q /srv/vms && [ -e \(Guest.disk) ]; do sleep 0.5; done
        until virsh --connect qemu:///system version; do sleep 0.5; done
        until corosync-quorumtool -s | grep -q '^Quorate: *Yes'; do sleep 0.5; done
        # As its unit does under systemd: again after a failure, but not where it says itself that it must stay down.
        while code=0; pacemakerd -f || code=$?; [ $code -ne 0 ] && [ $code -ne 100 ]; do sleep 1; done

        """,
      ],
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
        setsid -f sh /etc/lab/pacemaker.sh > /var/log/pacemaker/boot.log 2>&1
        """,
      ask: """
        said=$(crm_mon --one-shot --output-as=xml 2>&1) || { echo "$said" | grep -o 'message="[^"]*"'; exit 1; }
        echo "$said" | grep -q "<node name=\\"$1\\" .*online=\\"true\\"" || { echo "not a member yet"; exit 1; }
        echo "$said" | sed -n 's/.*<current_dc .*name="\\([^"]*\\)".*/online, DC \\1/p'
        """,
      patience: 60)
  }

  /// The cluster's configuration at its first start. The feature set is older than any that Debian 12 ships, so
  /// that Pacemaker takes and upgrades it; one newer than its own it would refuse.
  ///
  /// `dc-deadtime` is 5 s in place of 20: how long the first node waits for others before it takes the lead.
  static let clusterInformationBase = """
    <cib crm_feature_set="3.0.14" validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="0">
      <configuration>
        <crm_config>
          <cluster_property_set id="cluster">
            <nvpair id="cluster-stonith-enabled" name="stonith-enabled" value="false"/>
            <nvpair id="cluster-no-quorum-policy" name="no-quorum-policy" value="stop"/>
            <nvpair id="cluster-dc-deadtime" name="dc-deadtime" value="5s"/>
          </cluster_property_set>
        </crm_config>
        <nodes/>
        <resources>
          <primitive id="web" class="ocf" provider="heartbeat" type="VirtualDomain">
            <instance_attributes id="web-parameters">
              <nvpair id="web-config" name="config" value="/etc/libvirt/vms/web.xml"/>
              <nvpair id="web-hypervisor" name="hypervisor" value="qemu:///system"/>
              <nvpair id="web-transport" name="migration_transport" value="tcp"/>
              <nvpair id="web-cpu" name="autoset_utilization_cpu" value="false"/>
              <nvpair id="web-host-memory" name="autoset_utilization_host_memory" value="false"/>
              <nvpair id="web-hv-memory" name="autoset_utilization_hv_memory" value="false"/>
            </instance_attributes>
            <meta_attributes id="web-meta">
              <nvpair id="web-allow-migrate" name="allow-migrate" value="true"/>
            </meta_attributes>
            <operations>
              <op id="web-start" name="start" interval="0" timeout="90s"/>
              <op id="web-stop" name="stop" interval="0" timeout="90s"/>
              <op id="web-monitor" name="monitor" interval="10s" timeout="30s"/>
              <op id="web-migrate-to" name="migrate_to" interval="0" timeout="120s"/>
              <op id="web-migrate-from" name="migrate_from" interval="0" timeout="60s"/>
            </operations>
          </primitive>
        </resources>
        <constraints/>
      </configuration>
      <status/>
    </cib>

    """
}
