extension Recorded {
  /// The output of `crm_mon --output-as=xml` of Pacemaker 2.1.5 for a cluster in its intended state, with the parts
  /// that real clusters have beside a virtual machine: a resource that is switched off, one that is unmanaged, one that
  /// is no longer configured, a promotable clone whose constraints exclude some nodes, a cloned group, a group with a
  /// member that is switched off, a bundle, a guest node, and a remote node that is switched off. Made by crm_simulate
  /// from a CIB with such resources, and read with CIB_file. The parts after the resources are left out.
  static let richPacemaker = """
    <pacemaker-result api-version="2.25" request="crm_mon --output-as=xml">
      <summary>
        <stack type="unknown"/>
        <current_dc present="true" version="" name="kvm1" id="1" with_quorum="true" mixed_version="false"/>
        <last_update time="Thu Nov 26 07:41:09 2026"/>
        <last_change time="" user="" client="" origin=""/>
        <nodes_configured number="7"/>
        <resources_configured number="29" disabled="3" blocked="0"/>
        <cluster_options stonith-enabled="false" symmetric-cluster="true" no-quorum-policy="stop" \
    maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" \
    priority-fencing-delay-ms="0"/>
      </summary>
      <nodes>
        <node name="guest-node" id="guest-node" online="true" standby="false" standby_onfail="false" \
    maintenance="false" pending="false" unclean="false" health="green" shutdown="false" \
    expected_up="false" is_dc="false" resources_running="2" type="remote" id_as_resource="guest"/>
        <node name="kvm1" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" \
    pending="false" unclean="false" health="green" feature_set="&lt;3.15.1" shutdown="false" \
    expected_up="true" is_dc="true" resources_running="6" type="member"/>
        <node name="kvm2" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" \
    pending="false" unclean="false" health="green" feature_set="&lt;3.15.1" shutdown="false" \
    expected_up="true" is_dc="false" resources_running="6" type="member"/>
        <node name="kvm3" id="3" online="true" standby="false" standby_onfail="false" maintenance="false" \
    pending="false" unclean="false" health="green" feature_set="&lt;3.15.1" shutdown="false" \
    expected_up="true" is_dc="false" resources_running="5" type="member"/>
        <node name="kvm4" id="kvm4" online="false" standby="false" standby_onfail="false" \
    maintenance="false" pending="false" unclean="false" health="green" shutdown="false" \
    expected_up="false" is_dc="false" resources_running="0" type="remote"/>
        <node name="proxy-0" id="proxy-0" online="true" standby="false" standby_onfail="false" \
    maintenance="false" pending="false" unclean="false" health="green" shutdown="false" \
    expected_up="false" is_dc="false" resources_running="1" type="remote" id_as_resource="proxy-podman-0"/>
        <node name="proxy-1" id="proxy-1" online="true" standby="false" standby_onfail="false" \
    maintenance="false" pending="false" unclean="false" health="green" shutdown="false" \
    expected_up="false" is_dc="false" resources_running="1" type="remote" id_as_resource="proxy-podman-1"/>
      </nodes>
      <resources>
        <resource id="web" resource_agent="ocf:heartbeat:VirtualDomain" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
          <node name="kvm1" id="1" cached="true"/>
        </resource>
        <resource id="old" resource_agent="ocf:heartbeat:VirtualDomain" role="Stopped" \
    target_role="stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" \
    failure_ignored="false" nodes_running_on="0"/>
        <resource id="byhand" resource_agent="ocf:heartbeat:VirtualDomain" role="Stopped" active="false" \
    orphaned="false" blocked="false" managed="false" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
        <clone id="drbd-clone" multi_state="true" unique="false" managed="true" disabled="false" \
    failed="false" failure_ignored="false">
          <resource id="drbd" resource_agent="ocf:linbit:drbd" role="Unpromoted" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
            <node name="kvm1" id="1" cached="true"/>
          </resource>
          <resource id="drbd" resource_agent="ocf:linbit:drbd" role="Promoted" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
            <node name="kvm2" id="2" cached="true"/>
          </resource>
          <resource id="drbd" resource_agent="ocf:linbit:drbd" role="Stopped" active="false" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
          <resource id="drbd" resource_agent="ocf:linbit:drbd" role="Stopped" active="false" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
          <resource id="drbd" resource_agent="ocf:linbit:drbd" role="Stopped" active="false" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
        </clone>
        <clone id="locks-clone" multi_state="false" unique="false" managed="true" disabled="false" \
    failed="false" failure_ignored="false">
          <group id="locks:0" number_resources="2" managed="true" disabled="false">
            <resource id="dlm" resource_agent="ocf:pacemaker:controld" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm1" id="1" cached="true"/>
            </resource>
            <resource id="lvmlockd" resource_agent="ocf:heartbeat:lvmlockd" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm1" id="1" cached="true"/>
            </resource>
          </group>
          <group id="locks:1" number_resources="2" managed="true" disabled="false">
            <resource id="dlm" resource_agent="ocf:pacemaker:controld" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm2" id="2" cached="true"/>
            </resource>
            <resource id="lvmlockd" resource_agent="ocf:heartbeat:lvmlockd" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm2" id="2" cached="true"/>
            </resource>
          </group>
          <group id="locks:2" number_resources="2" managed="true" disabled="false">
            <resource id="dlm" resource_agent="ocf:pacemaker:controld" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm3" id="3" cached="true"/>
            </resource>
            <resource id="lvmlockd" resource_agent="ocf:heartbeat:lvmlockd" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm3" id="3" cached="true"/>
            </resource>
          </group>
        </clone>
        <group id="services" number_resources="3" managed="true" disabled="false">
          <resource id="ip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
            <node name="guest-node" id="guest-node" cached="true"/>
          </resource>
          <resource id="nfs" resource_agent="ocf:heartbeat:nfsserver" role="Stopped" target_role="Stopped" \
    active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
          <resource id="export" resource_agent="ocf:heartbeat:exportfs" role="Stopped" active="false" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
        </group>
        <bundle id="proxy" type="podman" image="proxy" unique="false" managed="true" failed="false">
          <replica id="0">
            <resource id="proxy-ip-10.77.2.120" resource_agent="ocf:heartbeat:IPaddr2" role="Started" \
    active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm3" id="3" cached="true"/>
            </resource>
            <resource id="haproxy" resource_agent="ocf:heartbeat:haproxy" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="proxy-0" id="proxy-0" cached="true"/>
            </resource>
            <resource id="proxy-podman-0" resource_agent="ocf:heartbeat:podman" role="Started" \
    active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm3" id="3" cached="true"/>
            </resource>
            <resource id="proxy-0" resource_agent="ocf:pacemaker:remote" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm3" id="3" cached="true"/>
            </resource>
          </replica>
          <replica id="1">
            <resource id="proxy-ip-10.77.2.121" resource_agent="ocf:heartbeat:IPaddr2" role="Started" \
    active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm2" id="2" cached="true"/>
            </resource>
            <resource id="haproxy" resource_agent="ocf:heartbeat:haproxy" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="proxy-1" id="proxy-1" cached="true"/>
            </resource>
            <resource id="proxy-podman-1" resource_agent="ocf:heartbeat:podman" role="Started" \
    active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm2" id="2" cached="true"/>
            </resource>
            <resource id="proxy-1" resource_agent="ocf:pacemaker:remote" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
              <node name="kvm2" id="2" cached="true"/>
            </resource>
          </replica>
        </bundle>
        <resource id="guest" resource_agent="ocf:heartbeat:VirtualDomain" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
          <node name="kvm1" id="1" cached="true"/>
        </resource>
        <resource id="kvm4" resource_agent="ocf:pacemaker:remote" role="Stopped" target_role="Stopped" \
    active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="0"/>
        <resource id="guest-node" resource_agent="ocf:pacemaker:remote" role="Started" active="true" \
    orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" \
    nodes_running_on="1">
          <node name="kvm1" id="1" cached="true"/>
        </resource>
        <resource id="gone" resource_agent="ocf:heartbeat:Dummy" role="Started" active="true" \
    orphaned="true" blocked="false" managed="false" failed="false" failure_ignored="false" \
    nodes_running_on="1">
          <node name="guest-node" id="guest-node" cached="true"/>
        </resource>
      </resources>
      <status code="0" message="OK"/>
    </pacemaker-result>
    """

  /// The same tool's output for an instance that could not be started.
  static let startFailure = """
      <failures>
        <failure op_key="drbd_start_0" node="kvm3" exitstatus="error" exitreason="User-injected result" \
    exitcode="1" call="2" status="complete" last-rc-change="2026-11-26 07:41:16Z" queued="0" exec="0" \
    interval="0" task="start"/>
      </failures>
    """
}
