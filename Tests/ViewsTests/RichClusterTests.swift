import Journal
import Views
import Testing

/// Pacemaker's output for a complex cluster: as recorded, and changed by hand.
@Suite struct RichClusterTests {
  private typealias Resource = ManagerState.Resource

  private func state(_ changes: (old: String, new: String)...) -> ManagerState {
    var output = Recorded.richPacemaker
    for (old, new) in changes {
      guard let range = output.firstRange(of: old) else {
        Issue.record("'\(old)' isn't there")
        continue
      }
      output.replaceSubrange(range, with: new)
    }
    return ManagerState(pacemaker: output)
  }

  @Test("A cluster in its intended state is healthy") func well() {
    let state = state()
    #expect(state.complaints() == [])
    #expect(state.isWell)
  }

  @Test("Guests, containers and disabled remote nodes are not nodes") func nodes() {
    #expect(state().nodes == ["kvm1": "online", "kvm2": "online", "kvm3": "online"])
  }

  @Test("An enabled remote node is a node") func remoteNode() {
    let kvm4 = #"<resource id="kvm4" resource_agent="ocf:pacemaker:remote" role="Stopped""#
    let state = state((kvm4 + #" target_role="Stopped""#, kvm4))
    #expect(state.nodes["kvm4"] == "offline")
    #expect(state.complaints().contains("kvm4 offline"))
  }

  @Test("Each resource has its role, its target and its instances by node") func resources() {
    let resources = state().resources
    #expect(resources["web"] == Resource(role: "Started", nodes: ["kvm1"]))
    #expect(resources["old"] == Resource(role: "Stopped", nodes: [], target: "Stopped"))
    #expect(resources["byhand"] == Resource(role: "Stopped", nodes: [], managed: false))
    #expect(
      resources["gone"]
        == Resource(role: "Started", nodes: ["guest-node"], managed: false, orphaned: true))
    #expect(
      resources["drbd"]
        == Resource(
          role: "Promoted", nodes: ["kvm1", "kvm2"], instances: ["kvm1": "Unpromoted", "kvm2": "Promoted"],
          stopped: 3))
    let everywhere = ["kvm1": "Started", "kvm2": "Started", "kvm3": "Started"]
    #expect(
      resources["dlm"]
        == Resource(role: "Started", nodes: ["kvm1", "kvm2", "kvm3"], instances: everywhere, stopped: 0))
    #expect(resources["lvmlockd"]?.instances == everywhere)
    #expect(
      resources["proxy"]
        == Resource(
          role: "Started", nodes: ["kvm2", "kvm3"], instances: ["kvm2": "Started", "kvm3": "Started"],
          stopped: 0))
    #expect(resources["export"] == Resource(role: "Stopped", nodes: [], target: "Stopped"))
    #expect(resources["haproxy"] == nil && resources["proxy-podman-0"] == nil)
  }

  @Test(
    "Roles are named as in Pacemaker 2.1, also if another version reports them",
    arguments: [("Slave", "Master"), ("Unpromoted", "Promoted")])
  func olderWords(_ lower: String, _ upper: String) {
    let state = state(
      (#"role="Unpromoted""#, #"role="\#(lower)""#), (#"role="Promoted""#, #"role="\#(upper)""#))
    #expect(state.resources["drbd"]?.instances == ["kvm1": "Unpromoted", "kvm2": "Promoted"])
    #expect(state.isWell)
  }

  @Test("A target-role is read in upper and lower case, and in the words of older versions")
  func targets() {
    for word in ["Master", "promoted", "PROMOTED"] {
      let state = state(
        (
          #"<resource id="drbd" resource_agent="ocf:linbit:drbd" role="Unpromoted""#,
          #"<resource id="drbd" resource_agent="ocf:linbit:drbd" role="Unpromoted" target_role="\#(word)""#
        ))
      #expect(state.resources["drbd"]?.target == "Promoted")
      #expect(state.isWell)
    }
  }

  @Test("A resource whose state differs from its target is named")
  func targetNotMet() {
    #expect(
      state((#"role="Stopped" target_role="stopped""#, #"role="Stopped""#)).complaints() == ["old Stopped"])
    let demoted = state(
      (#"role="Promoted""#, #"role="Unpromoted" target_role="Promoted""#))
    #expect(
      demoted.complaints() == ["drbd Unpromoted on kvm1, kvm2, 3 stopped (target-role Promoted)"])
    let running = Resource(role: "Started", nodes: ["kvm1"], target: "Stopped")
    #expect(!running.isWell && "\(running)" == "Started on kvm1 (target-role Stopped)")
    let promoted = Resource(
      role: "Promoted", nodes: ["kvm1"], target: "Unpromoted", instances: ["kvm1": "Promoted"], stopped: 0)
    #expect(!promoted.isWell)
  }

  @Test("An instance that failed to start is a failure")
  func startFailure() {
    let state = state(("</resources>", "</resources>\n" + Recorded.startFailure))
    #expect(state.resources["drbd"]?.failed == true)
    #expect(state.complaints() == ["drbd Promoted on kvm2, Unpromoted on kvm1, 3 stopped (failed)"])
  }

  @Test("A failure that the configuration ignores doesn't count", arguments: [true, false])
  func ignoredFailure(_ isIgnored: Bool) {
    // The first of all resources is web.
    let state = state(
      (
        #"failed="false" failure_ignored="false""#, #"failed="true" failure_ignored="\#(isIgnored)""#
      ))
    #expect(state.resources["web"]?.failed == !isIgnored)
    #expect(state.complaints() == (isIgnored ? [] : ["web Started on kvm1 (failed)"]))
  }

  @Test("An instance that is starting, and a clone without a running instance, are unhealthy")
  func instancesOnTheirWay() {
    let starting = state((#"role="Unpromoted""#, #"role="Starting""#))
    #expect(starting.complaints() == ["drbd Promoted on kvm2, Starting on kvm1, 3 stopped"])
    let none = Resource(role: "Stopped", nodes: [], instances: [:], stopped: 2)
    #expect(!none.isWell)
  }

  @Test("A bundle with a part that does not run is unhealthy") func bundle() {
    let state = state(
      (
        #"<resource id="haproxy" resource_agent="ocf:heartbeat:haproxy" role="Started""#,
        #"<resource id="haproxy" resource_agent="ocf:heartbeat:haproxy" role="Stopped""#
      ))
    #expect(state.resources["proxy"]?.instances?.values.sorted() == ["Started", "Stopped"])
    #expect(state.complaints().count == 1 && state.complaints()[0].hasPrefix("proxy "))
  }

  @Test("In a cluster with stop-all-resources, stopped resources are in their intended state")
  func stopAll() {
    let state = state((#"stop-all-resources="false""#, #"stop-all-resources="true""#))
    #expect(state.complaints().contains("web Started on kvm1 (target-role Stopped)"))
    #expect(state.resources["old"]?.isWell == true)
  }

  @Test("An offline node is shown as offline, even if it was in standby or maintenance before")
  func offlineInStandby() {
    let kvm3 = #"<node name="kvm3" id="3" online="true" standby="false""#
    #expect(
      state((kvm3, #"<node name="kvm3" id="3" online="false" standby="true""#)).nodes["kvm3"] == "offline")
    #expect(
      state((kvm3, #"<node name="kvm3" id="3" online="true" standby="true""#)).nodes["kvm3"] == "standby")
  }

  @Test(
    "A resource that ran before the fault and is missing after it is named"
  )
  func lessThanBefore() {
    let before = state()
    #expect(before.complaints(since: before) == [])
    var after = before
    after.resources["drbd"]?.instances = ["kvm2": "Promoted"]
    after.resources["drbd"]?.stopped = 4
    #expect(after.isWell)
    #expect(
      after.complaints(since: before) == [
        "drbd Promoted on kvm2, 4 stopped; before: Promoted on kvm2, Unpromoted on kvm1, 3 stopped"
      ])
    after = before
    after.resources["drbd"]?.instances?["kvm1"] = "Promoted"
    #expect(after.complaints(since: before).count == 1, "two are promoted, and one was before")
    // A virtual machine that has moved is as healthy as before.
    after = before
    after.resources["web"]?.nodes = ["kvm2"]
    #expect(after.complaints(since: before) == [])
  }
}
