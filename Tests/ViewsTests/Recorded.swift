/// The output of the tools on a healthy platform of three hosts, unchanged: Gluster 10.3, Pacemaker 2.1.5.
enum Recorded {
  /// `gluster --mode=script --xml pool list`
  static let pool = """
    <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <cliOutput>
      <opRet>0</opRet>
      <opErrno>0</opErrno>
      <opErrstr/>
      <peerStatus>
        <peer>
          <uuid>aa40d553-b715-4c77-abf2-14ef4851bbc7</uuid>
          <hostname>10.77.1.12</hostname>
          <hostnames>
            <hostname>10.77.1.12</hostname>
          </hostnames>
          <connected>1</connected>
          <state>3</state>
          <stateStr>Peer in Cluster</stateStr>
        </peer>
        <peer>
          <uuid>686a1e75-100b-4b3d-b726-dcde4e103a82</uuid>
          <hostname>10.77.1.13</hostname>
          <hostnames>
            <hostname>10.77.1.13</hostname>
          </hostnames>
          <connected>1</connected>
          <state>3</state>
          <stateStr>Peer in Cluster</stateStr>
        </peer>
        <peer>
          <uuid>0042afb4-f97d-46c8-93dd-0ce4a2470a68</uuid>
          <hostname>localhost</hostname>
          <connected>1</connected>
        </peer>
      </peerStatus>
    </cliOutput>
    """

  /// `gluster --mode=script --xml volume heal vms info summary`
  static let heal = """
    <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <cliOutput>
      <healInfo>
        <bricks>
            <brick hostUuid="0042afb4-f97d-46c8-93dd-0ce4a2470a68">
              <name>10.77.1.11:/bricks/vms/brick</name>
              <status>Connected</status>
              <totalNumberOfEntries>0</totalNumberOfEntries>
              <numberOfEntriesInHealPending>0</numberOfEntriesInHealPending>
              <numberOfEntriesInSplitBrain>0</numberOfEntriesInSplitBrain>
              <numberOfEntriesPossiblyHealing>0</numberOfEntriesPossiblyHealing>
            </brick>
            <brick hostUuid="aa40d553-b715-4c77-abf2-14ef4851bbc7">
              <name>10.77.1.12:/bricks/vms/brick</name>
              <status>Connected</status>
              <totalNumberOfEntries>0</totalNumberOfEntries>
              <numberOfEntriesInHealPending>0</numberOfEntriesInHealPending>
              <numberOfEntriesInSplitBrain>0</numberOfEntriesInSplitBrain>
              <numberOfEntriesPossiblyHealing>0</numberOfEntriesPossiblyHealing>
            </brick>
            <brick hostUuid="686a1e75-100b-4b3d-b726-dcde4e103a82">
              <name>10.77.1.13:/bricks/vms/brick</name>
              <status>Connected</status>
              <totalNumberOfEntries>0</totalNumberOfEntries>
              <numberOfEntriesInHealPending>0</numberOfEntriesInHealPending>
              <numberOfEntriesInSplitBrain>0</numberOfEntriesInSplitBrain>
              <numberOfEntriesPossiblyHealing>0</numberOfEntriesPossiblyHealing>
            </brick>
        </bricks>
      </healInfo>
      <opRet>0</opRet>
      <opErrno>0</opErrno>
      <opErrstr/>
    </cliOutput>
    """

  /// The same for a volume that doesn't exist.
  static let healOfNothing = """
    <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <cliOutput>
      <healInfo>
        <bricks/>
      </healInfo>
      <opRet>-1</opRet>
      <opErrno>2</opErrno>
      <opErrstr>Volume nosuch does not exist</opErrstr>
    </cliOutput>
    """

  /// The output of either command if glusterd doesn't run: no XML.
  static let noGlusterd = "Connection failed. Please check if gluster daemon is operational.\n"

  /// `crm_mon --output-as=xml`
  static let pacemaker = """
    <pacemaker-result api-version="2.25" request="crm_mon --output-as=xml">
      <pacemakerd sys_from="pacemakerd" state="running" last_updated="2026-11-23 08:50:42Z"/>
      <summary>
        <stack type="corosync"/>
        <current_dc present="true" version="2.1.5-a3f44794f94" name="dauntless" id="1" with_quorum="true" \
      mixed_version="false"/>
        <last_update time="Mon Nov 23 08:50:43 2026"/>
        <last_change time="Mon Nov 23 08:48:43 2026" user="hacluster" client="crmd" origin="excelsior"/>
        <nodes_configured number="3"/>
        <resources_configured number="1" disabled="0" blocked="0"/>
        <cluster_options stonith-enabled="false" symmetric-cluster="true" no-quorum-policy="stop" \
      maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
      </summary>
      <nodes>
      <node name="dauntless" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" \
      pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" \
      is_dc="true" resources_running="0" type="member"/>
      <node name="excelsior" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" \
      pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" \
      is_dc="false" resources_running="1" type="member"/>
      <node name="falco" id="3" online="true" standby="false" standby_onfail="false" maintenance="false" \
      pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" \
      is_dc="false" resources_running="0" type="member"/>
      </nodes>
      <resources>
        <resource id="web" resource_agent="ocf:heartbeat:VirtualDomain" role="Started" active="true" \
      orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
          <node name="excelsior" id="2" cached="true"/>
        </resource>
      </resources>
      <node_history>
        <node name="excelsior">
          <resource_history id="web" orphan="false" migration-threshold="1000000">
            <operation_history call="6" task="start" rc="0" rc_text="ok" last-rc-change="Mon Nov 23 08:49:14 2026" \
      exec-time="46440ms" queue-time="0ms"/>
          </resource_history>
        </node>
        <node name="dauntless">
          <resource_history id="web" orphan="false" migration-threshold="1000000">
            <operation_history call="9" task="stop" rc="0" rc_text="ok" last-rc-change="Mon Nov 23 08:49:14 2026" \
      exec-time="46721ms" queue-time="0ms"/>
          </resource_history>
        </node>
      </node_history>
      <status code="0" message="OK"/>
    </pacemaker-result>
    """

  /// The same if Pacemaker doesn't run.
  static let noPacemaker = """
    <pacemaker-result api-version="2.25" request="crm_mon --output-as=xml">
      <status code="102" message="Not connected">
        <errors>
          <error>error: Could not connect to launcher: Connection refused</error>
          <error>crm_mon: Connection to cluster failed: Connection refused</error>
        </errors>
      </status>
    </pacemaker-result>
    """
}
