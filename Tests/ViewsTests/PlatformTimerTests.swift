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
    let found = pacemaker.fingerprint(printed)
    #expect(found == ["corosync.token": "3650 ms", "corosync.consensus": "4380 ms"])
    let timers = pacemaker.timers(found)
    #expect(timers.map(\.least) == [.milliseconds(3650)] && timers.map(\.most) == [.milliseconds(8030)])
    #expect(timers.map(\.settings) == ["token 3650ms, consensus 4380ms"])
    #expect(pacemaker.timers([:]) == [] && pacemaker.fingerprint(ViewAnswer("", exitCode: 1)) == [:])
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
