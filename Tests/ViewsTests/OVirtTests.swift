import Journal
import Scenario
import Testing
import Views

/// XML in the form of oVirt's API model 4.5, written by hand: there was no engine to record from.
@Suite struct OVirtTests {
  private static let spec = ViewSpec(
    "ovirt",
    ["url": .string("https://engine.example.org"), "login": .string("/etc/murphy/ovirt.login")])

  private static let hosts = """
    <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <hosts>
      <host href="/ovirt-engine/api/hosts/1a" id="1a"><name>dauntless</name><cpu><name>EPYC</name></cpu>
        <spm><status>spm</status></spm><status>up</status></host>
      <host href="/ovirt-engine/api/hosts/2b" id="2b"><name>falco</name><status>up</status></host>
    </hosts>
    """

  private static let vms = """
    <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <vms>
      <vm href="/ovirt-engine/api/vms/7" id="7"><name>web</name><high_availability><enabled>true</enabled>
        <priority>1</priority></high_availability><status>up</status>
        <host href="/ovirt-engine/api/hosts/2b" id="2b"/></vm>
      <vm href="/ovirt-engine/api/vms/8" id="8"><name>db</name><high_availability><enabled>false</enabled>
        </high_availability><status>down</status></vm>
    </vms>
    """

  private func state(_ hosts: String = hosts, _ vms: String = vms) throws -> ManagerState {
    guard case .manager(let state)? = Self.spec.belief([ViewAnswer(hosts), ViewAnswer(vms)]) else {
      throw NoManager()
    }
    return state
  }

  private struct NoManager: Error {}

  @Test("The controller queries hosts and virtual machines over TLS, with a login from a file")
  func question() throws {
    guard case .api(let requests) = try Self.spec.question() else { throw NoManager() }
    let base = "https://engine.example.org/ovirt-engine/api"
    #expect(requests.urls == ["\(base)/hosts", "\(base)/vms"] && requests.authorization == .basic)
    #expect(requests.authorization.value("admin@internal:a b") == "Basic YWRtaW5AaW50ZXJuYWw6YSBi")
    #expect(requests.authorization.value("admin@internal") == nil && requests.authorization.value("") == nil)
    var spec = Self.spec
    spec.parameters["url"] = .string("http://engine.example.org")
    #expect(throws: ViewRefused.self) { try spec.question() }
  }

  @Test("Hosts and virtual machines are shown, and only highly available ones must be up")
  func whole() throws {
    let state = try state()
    #expect(state.isWell && state.nodes == ["dauntless": "online", "falco": "online"])
    #expect(
      state.resources == [
        "web": .init(role: "Started", nodes: ["falco"], target: "Started"),
        "db": .init(role: "Stopped", nodes: [], managed: false),
      ])
  }

  @Test(
    "A host that isn't up is shown with its status",
    arguments: [
      ("down", "offline"), ("maintenance", "maintenance"), ("non_responsive", "unclean"),
      ("kdumping", "kdumping"),
    ])
  func hostStatus(_ status: String, _ word: String) throws {
    let hosts = Self.hosts.replacing(
      "<name>falco</name><status>up", with: "<name>falco</name><status>\(status)")
    #expect(try state(hosts).complaints() == ["falco \(word)"])
  }

  @Test(
    "A highly available virtual machine that isn't up is a complaint",
    arguments: [
      ("down", "web Stopped (target-role Started)"), ("unknown", "web Unknown (target-role Started)"),
      ("migrating", "web Migrating on falco (target-role Started)"),
      ("not_responding", "web Not_responding on falco (target-role Started)"),
    ])
  func vmStatus(_ status: String, _ complaint: String) throws {
    let vms = Self.vms.replacing("<status>up</status>", with: "<status>\(status)</status>")
    #expect(try state(Self.hosts, vms).complaints() == [complaint])
  }

  @Test("The second virtual machine with a name has its id in its name")
  func names() throws {
    let vms = Self.vms.replacing("<name>db</name>", with: "<name>web</name>")
    #expect(Set(try state(Self.hosts, vms).resources.keys) == ["web", "web.8"])
  }

  @Test(
    "An answer that is missing, refused or not of an engine is unknown, not healthy",
    arguments: [
      "", "{}", "<html/>", "<fault><reason>Operation Failed</reason></fault>", "<hosts><host/></hosts>",
      "<vms><vm id=\"7\"><name>web</name></vm></vms>", "<hosts>", String(repeating: "<hosts>", count: 50_000),
    ])
  func malformed(_ text: String) throws {
    for state in [try state(text), try state(Self.hosts, text), try state("<hosts/>")] {
      #expect(state.unknown?.hasPrefix("ovirt: ") == true && !state.isWell, "\(text.prefix(80))")
    }
  }
}
