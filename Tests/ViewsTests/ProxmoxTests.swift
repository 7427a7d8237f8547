import FoundationEssentials
import Journal
import Scenario
import Testing
import Views

/// Answers of fakepve 0.5.0, shortened. Entries of high availability are written by hand as PVE::API2::HA::Status of
/// pve-ha-manager prints them, since fakepve has none.
@Suite struct ProxmoxTests {
  private static let spec = ViewSpec(
    "proxmox", ["url": .string("https://10.77.2.11:8006/"), "token": .string("/etc/murphy/proxmox.token")])

  private static let status = #"""
    {"data": [{"type": "cluster", "id": "cluster", "name": "fakecluster", "nodes": 3, "quorate": 1, "version": 1},
    {"type": "node", "id": "node/dauntless", "name": "dauntless", "nodeid": 1, "level": "", "online": 1, "local": 1},
    {"type": "node", "id": "node/excelsior", "name": "excelsior", "nodeid": 2, "level": "", "online": 1, "local": 0},
    {"type": "node", "id": "node/falco", "name": "falco", "nodeid": 3, "level": "", "online": 1, "local": 0}]}
    """#

  private static let guests = #"""
    {"data": [{"id": "qemu/100", "type": "qemu", "node": "falco", "name": "web", "vmid": 100, "status": "running",
    "template": 0, "hastate": "started"}, {"id": "qemu/101", "type": "qemu", "node": "dauntless", "name": "db",
    "vmid": 101, "status": "stopped", "template": 0}, {"id": "lxc/200", "type": "lxc", "node": "excelsior",
    "name": "proxy", "vmid": 200, "status": "running", "template": 0}, {"id": "qemu/900", "type": "qemu",
    "node": "falco", "name": "debian", "vmid": 900, "status": "stopped", "template": 1}]}
    """#

  private static let ha = #"""
    {"data": [{"id": "quorum", "type": "quorum", "node": "dauntless", "quorate": 1, "status": "OK"},
    {"id": "master", "type": "master", "node": "dauntless", "timestamp": 1795842000,
    "status": "dauntless (active, Sat Nov 28 07:00:00 2026)"},
    {"id": "lrm:dauntless", "type": "lrm", "node": "dauntless", "timestamp": 1795842000,
    "status": "dauntless (idle, watchdog standby, Sat Nov 28 07:00:00 2026)"},
    {"id": "lrm:falco", "type": "lrm", "node": "falco", "timestamp": 1795842000,
    "status": "falco (active, Sat Nov 28 07:00:00 2026)"},
    {"id": "lrm:", "type": "lrm", "node": "", "status": " (unable to read lrm status)"},
    {"id": "service:vm:100", "type": "service", "sid": "vm:100", "node": "falco", "state": "started",
    "request_state": "started", "crm_state": "started", "status": "vm:100 (falco, started)"}]}
    """#

  private func state(_ status: String = status, _ guests: String = guests, _ ha: String = ha) throws
    -> ManagerState
  {
    let belief = Self.spec.belief([ViewAnswer(status), ViewAnswer(guests), ViewAnswer(ha)])
    guard case .manager(let state)? = belief else { throw NoManager() }
    return state
  }

  private struct NoManager: Error {}

  private func changed(_ text: String, _ part: String, _ other: String) throws -> String {
    try #require(text.contains(part), "'\(part)' isn't there")
    return text.replacing(part, with: other)
  }

  @Test("The controller queries a node over TLS, with a token from a file")
  func question() throws {
    guard case .api(let requests) = try Self.spec.question() else { throw NoManager() }
    let base = "https://10.77.2.11:8006/api2/json/cluster"
    #expect(
      requests.urls == ["\(base)/status", "\(base)/resources?type=vm", "\(base)/ha/status/current"]
        && requests.credentials == "/etc/murphy/proxmox.token" && requests.authority == nil
        && requests.authorization == .line(after: "PVEAPIToken="))
    for url in ["http://10.77.2.11:8006", "https://10.77.2.11:8006/?x=1"] {
      var spec = Self.spec
      spec.parameters["url"] = .string(url)
      #expect(throws: ViewRefused.self) { try spec.question() }
    }
    var bare = Self.spec
    bare.parameters["token"] = nil
    #expect(throws: ViewRefused.self) { try bare.question() }
  }

  @Test("Nodes, quorum, master and guests are shown; a template is not a guest")
  func whole() throws {
    let state = try state()
    #expect(state.quorate && state.isWell)
    #expect(state.nodes == ["dauntless": "online", "excelsior": "online", "falco": "online"])
    #expect(
      state.resources == [
        "ha-master": .init(role: "Started", nodes: ["dauntless"]),
        "web": .init(role: "Started", nodes: ["falco"], target: "Started"),
        "db": .init(role: "Stopped", nodes: [], managed: false),
        "proxy": .init(role: "Started", nodes: ["excelsior"], managed: false),
      ])
  }

  @Test("A master whose last report is old is stale, and so is a local manager")
  func stale() throws {
    var text = try changed(Self.ha, "dauntless (active,", "dauntless (old timestamp - dead?,")
    #expect(try state(Self.status, Self.guests, text).complaints() == ["ha-master Stale on dauntless"])
    text = try changed(Self.ha, "falco (active,", "falco (old timestamp - dead?,")
    #expect(try state(Self.status, Self.guests, text).complaints() == ["ha-lrm.falco Stale on falco"])
    text = try changed(Self.ha, "dauntless (active,", "dauntless (detected time drift!,")
    #expect(
      try state(Self.status, Self.guests, text).complaints() == [
        "ha-master detected time drift! on dauntless"
      ])
    text = try changed(Self.ha, "dauntless (active, Sat Nov 28 07:00:00 2026)", "")
    #expect(try state(Self.status, Self.guests, text).complaints() == ["ha-master Unknown on dauntless"])
  }

  @Test("A lost node is offline and its guests are unknown, on the side without a quorum too")
  func lostNode() throws {
    var status = try changed(
      Self.status, #""name": "falco", "nodeid": 3, "level": "", "online": 1"#,
      #"""
      "name": "falco", "nodeid": 3, "level": "", "online": "0"
      """#)
    status = try changed(status, #""quorate": 1"#, #""quorate": 0"#)
    let guests = try changed(
      Self.guests, #""name": "web", "vmid": 100, "status": "running""#,
      #"""
      "name": "web", "vmid": 100, "status": "unknown"
      """#)
    let state = try state(status, guests)
    #expect(!state.quorate && state.nodes["falco"] == "offline")
    #expect(state.complaints() == ["no quorum", "falco offline", "web Unknown (target-role Started)"])
    #expect(state.resources["web"]?.isUp == false)
  }

  @Test("A node in maintenance is shown as such")
  func maintenance() throws {
    let text = try changed(Self.ha, "falco (active,", "falco (maintenance mode,")
    #expect(try state(Self.status, Self.guests, text).complaints() == ["falco maintenance"])
  }

  @Test(
    "A service of high availability is judged by its state and the requested one",
    arguments: [
      ("started", "started", [String]()), ("error", "started", ["web Started on falco (failed, blocked)"]),
      ("fence", "started", ["web Fence on falco (target-role Started)"]),
      ("recovery", "started", ["web Recovery on falco (target-role Started)"]),
      ("migrate", "started", ["web Migrate on falco (target-role Started)"]),
      ("stopped", "stopped", ["web Started on falco (target-role Stopped)"]), ("ignored", "ignored", []),
    ])
  func services(_ state: String, _ requested: String, _ complaints: [String]) throws {
    var text = try changed(Self.ha, #""state": "started""#, #""state": "\#(state)""#)
    text = try changed(text, #""request_state": "started""#, #""request_state": "\#(requested)""#)
    #expect(try self.state(Self.status, Self.guests, text).complaints() == complaints)
  }

  @Test("Guests with the same name have their numbers in their names, and one without a name is its number")
  func names() throws {
    let same = try changed(Self.guests, #""name": "db""#, #""name": "web""#)
    #expect(
      Set(try state(Self.status, same).resources.keys) == ["ha-master", "web.100", "web.101", "proxy"])
    let unnamed = try changed(Self.guests, #""name": "db","#, "")
    #expect(try state(Self.status, unnamed).resources["101"]?.role == "Stopped")
  }

  @Test("A node without a cluster needs no quorum")
  func alone() throws {
    let alone =
      #"{"data": [{"type": "node", "name": "dauntless", "online": 1, "local": 1, "id": "node/dauntless"}]}"#
    let state = try state(alone, Self.guests, #"{"data": []}"#)
    #expect(state.quorate && state.isWell && state.resources["ha-master"] == nil)
  }

  @Test(
    "An answer that is missing or not of Proxmox VE is unknown, not healthy",
    arguments: [
      "", "{}", "[]", "<html>", #"{"data": null}"#, #"{"data": [1]}"#, #"{"data": [{"type": 7}]}"#,
      #"{"data": [{"type": "node", "name": "a", "node": 7, "online": [], "id": "qemu/1", "template": {}}]}"#,
      String(repeating: #"{"data":["#, count: 50_000),
    ])
  func malformed(_ text: String) throws {
    for state in [
      try state(text), try state(Self.status, text), try state(Self.status, Self.guests, text),
      try state(#"{"data": []}"#),
    ] {
      #expect(state.unknown?.hasPrefix("proxmox: ") == true && !state.isWell, "\(text.prefix(80))")
    }
    #expect(Self.spec.belief([])?.unknown == "0 answers instead of 3")
  }
}
