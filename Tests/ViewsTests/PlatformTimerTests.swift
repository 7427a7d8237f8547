import Journal
import Scenario
import Testing
import Views

@Suite struct PlatformTimerTests {
  private let pacemaker = ViewSpec("pacemaker")
  private let gluster = ViewSpec("gluster", ["volume": .string("vms")])

  @Test("Corosync's token and consensus are read as corosync-cmapctl 3.1 prints them")
  func corosync() {
    let printed = ViewAnswer(
      """
      runtime.config.totem.block_unlisted_ips (u32) = 1
      runtime.config.totem.consensus (u32) = 4380
      runtime.config.totem.knet_compression_model (str) = none
      runtime.config.totem.token (u32) = 3650
      runtime.config.totem.token_retransmit (u32) = 869

      """)
    let found = pacemaker.fingerprint([printed])
    #expect(found == ["corosync.token": "3650 ms", "corosync.consensus": "4380 ms"])
    let timers = pacemaker.timers(found)
    #expect(timers.map(\.least) == [.milliseconds(3650)] && timers.map(\.most) == [.milliseconds(8030)])
    #expect(timers.map(\.settings) == ["token 3650ms, consensus 4380ms"])
    #expect(pacemaker.timers([:]) == [] && pacemaker.fingerprint([ViewAnswer("", exitCode: 1)]) == [:])
  }

  /// As cibadmin 2.1.5 prints it.
  private static let cluster = ViewAnswer(
    """
    <configuration>
      <crm_config>
        <cluster_property_set id="cluster">
          <nvpair id="cluster-stonith-enabled" name="stonith-enabled" value="false"/>
          <nvpair id="cluster-no-quorum-policy" name="no-quorum-policy" value="stop"/>
        </cluster_property_set>
      </crm_config>
      <nodes/>
      <resources>
        <primitive id="web" class="ocf" provider="heartbeat" type="VirtualDomain">
          <instance_attributes id="web-parameters">
            <nvpair id="web-config" name="config" value="/etc/libvirt/vms/web.xml"/>
          </instance_attributes>
          <operations>
            <op id="web-start" name="start" interval="0" timeout="90s"/>
            <op id="web-monitor" name="monitor" interval="10s" timeout="30s"/>
          </operations>
        </primitive>
        <group id="g">
          <primitive id="db" class="ocf" provider="heartbeat" type="VirtualDomain">
            <operations>
              <op id="db-monitor" name="monitor" interval="1min"/>
            </operations>
          </primitive>
          <primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2">
            <operations>
              <op id="ip-monitor" name="monitor" interval="5s"/>
            </operations>
          </primitive>
        </group>
      </resources>
      <constraints/>
      <op_defaults>
        <meta_attributes id="od">
          <nvpair id="od-t" name="timeout" value="45"/>
        </meta_attributes>
      </op_defaults>
    </configuration>
    """)

  @Test("The operations of virtual machines are read as cibadmin 2.1 prints them, with the default timeout")
  func operations() {
    #expect(
      pacemaker.fingerprint([ViewAnswer(""), Self.cluster]) == [
        "pacemaker.stonith-enabled": "false", "pacemaker.web.start-timeout": "90s",
        "pacemaker.web.monitor-interval": "10s", "pacemaker.web.monitor-timeout": "30s",
        "pacemaker.db.start-timeout": "45", "pacemaker.db.monitor-interval": "1min",
        "pacemaker.db.monitor-timeout": "45",
      ])
    #expect(pacemaker.fingerprint([ViewAnswer(""), ViewAnswer("not connected", exitCode: 1)]) == [:])
  }

  @Test("The methods of fencing devices are read, each once")
  func fencingMethod() {
    func device(_ host: String, _ method: String) -> String {
      """
      <primitive id="fence-\(host)" class="stonith" type="fence_ipmilan">
        <instance_attributes id="fence-\(host)-parameters">
          <nvpair id="fence-\(host)-method" name="method" value="\(method)"/>
        </instance_attributes>
      </primitive>
      """
    }
    func method(_ devices: [String]) -> [String: String] {
      let text = "<configuration><resources>\(devices.joined())</resources></configuration>"
      return pacemaker.fingerprint([ViewAnswer(""), ViewAnswer(text)])
    }
    #expect(
      method([device("a", "onoff"), device("b", "onoff")]) == ["pacemaker.fencing-method": "onoff"])
    #expect(
      method([device("a", "onoff"), device("b", "cycle")]) == ["pacemaker.fencing-method": "cycle, onoff"])
    #expect(method([]) == [:])
  }

  @Test("A virtual machine of a lost host runs elsewhere after detection, fencing and start")
  func machineStarted() throws {
    var found = pacemaker.fingerprint([ViewAnswer(""), Self.cluster])
    // Without corosync's timers the time is unknown.
    #expect(pacemaker.timers(found).map(\.reaction) == [.machineShownFailed, .machineShownFailed])
    found["corosync.token"] = "3000 ms"
    found["corosync.consensus"] = "3600 ms"
    func started() -> [PlatformTimer] { pacemaker.timers(found).filter { $0.reaction == .machineStarted } }
    try #require(started().map(\.object) == ["db", "web"])
    #expect(started().map(\.least) == [.seconds(3), .seconds(3)])
    #expect(started().map(\.most) == [.milliseconds(51_600), .milliseconds(96_600)])
    #expect(started()[1].settings == "token 3s, consensus 3600ms, start timeout 90s")
    found["pacemaker.stonith-enabled"] = nil
    #expect(started()[1].most == .milliseconds(156_600))
    #expect(started()[1].settings == "token 3s, consensus 3600ms, stonith-timeout 1m, start timeout 90s")
    found["pacemaker.stonith-timeout"] = "2m"
    #expect(started()[1].most == .milliseconds(216_600))
  }

  @Test("A failure of a virtual machine is shown after an interval and a timeout of its monitor operation")
  func monitor() throws {
    var found = pacemaker.fingerprint([ViewAnswer(""), Self.cluster])
    try #require(pacemaker.timers(found).map(\.object) == ["db", "web"])
    #expect(pacemaker.timers(found).map(\.most) == [.seconds(105), .seconds(40)])
    #expect(pacemaker.timers(found)[1].settings == "monitor every 10s, timeout 30s")
    // An operation that is never repeated, and times that are not understood or too long.
    for interval in ["0", "PT10S", "ten", "", "99999999999999999999h", "9000000000000h"] {
      found["pacemaker.web.monitor-interval"] = interval
      #expect(pacemaker.timers(found).map(\.object) == ["db"], "\(interval)")
    }
  }

  @Test(
    "Gluster's ping-timeout is that of the volume or 42 s, and a host without the volume has none")
  func gluster42() {
    let volume = ["gluster.vms.type": "Replicate"]
    #expect(gluster.timers(volume).map(\.most) == [.seconds(42)])
    #expect(gluster.timers(volume).map(\.settings) == ["network.ping-timeout 42 s, the default"])
    let set = volume.merging(["gluster.vms.network.ping-timeout": "20"]) { $1 }
    #expect(gluster.timers(set).map(\.most) == [.seconds(20)])
    #expect(gluster.timers(set).map(\.settings) == ["network.ping-timeout 20 s"])
    #expect(gluster.timers(["gluster.other.type": "Replicate"]) == [])
  }
}
