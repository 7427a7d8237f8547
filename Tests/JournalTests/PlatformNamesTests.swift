import Foundation
import Journal
import Scenario
import Testing

/// Beliefs in which hosts have the platform's names.
@Suite struct PlatformNamesTests {
  private let fleet = Fleet(
    name: "names",
    hosts: ["dauntless", "excelsior", "falco"].enumerated().map { index, name in
      .init(
        name: name, ssh: "root@\(name)", links: [:], aliases: ["kvm\(index + 1)", "10.77.1.1\(index + 1)"])
    },
    vms: [.init(name: "web", domain: "web-domain", aliases: ["vm_web"])])

  @Test("A node is found by any name that the manager has for the host") func nodes() {
    let state = ManagerState(quorate: true, nodes: ["kvm3.example.org": "offline", "dauntless": "online"])
    #expect(state.node(of: "falco", in: fleet) == "kvm3.example.org")
    #expect(state.state(of: "falco", in: fleet) == "offline")
    #expect(state.state(of: "dauntless", in: fleet) == "online")
    #expect(state.state(of: "excelsior", in: fleet) == nil)
  }

  @Test(
    "A resource is found by the machine's name, domain or alias", arguments: ["web", "web-domain", "vm_web"])
  func resources(_ name: String) {
    let state = ManagerState(resources: [name: .init(role: "Started", nodes: ["kvm3"])])
    let resource = state.resource(of: fleet.vms[0])
    #expect(resource?.isActive(on: "falco", in: fleet) == true)
    #expect(resource?.isActive(on: "dauntless", in: fleet) == false)
  }

  @Test("A brick belongs to its host only") func bricks() {
    let state = StorageState(
      bricksByName: ["10.77.1.11:/bricks/vms": true, "kvm3:/bricks/vms": false, "fd00::9:/bricks/vms": false])
    #expect(state.misses("dauntless", in: fleet) == false)
    #expect(state.misses("falco", in: fleet) == true)
    #expect(state.misses("excelsior", in: fleet) == nil)
    #expect(state.missing == ["kvm3": ["brick offline"], "fd00::9": ["brick offline"]])
  }

  @Test("A disconnected peer is matched to its host") func peers() {
    let state = StorageState(peersConnected: 2, peers: 3, disconnected: ["10.77.1.12"])
    #expect(state.misses("excelsior", in: fleet) == true)
    #expect(state.misses("falco", in: fleet) == nil)
  }

  @Test("States of journals from before instances and bricks had names are read")
  func earlierJournals() throws {
    let storage =
      #"{"bricks":3,"bricksOnline":3,"healBacklog":0,"peers":3,"peersConnected":3,"splitBrain":0}"#
    #expect(
      try JSONDecoder().decode(StorageState.self, from: Data(storage.utf8))
        == StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3))
    let manager = """
      {"nodes":{"falco":"online"},"quorate":true,
      "resources":{"web":{"blocked":false,"failed":false,"nodes":["falco"],"role":"Started"}}}
      """
    let state = try JSONDecoder().decode(ManagerState.self, from: Data(manager.utf8))
    #expect(state.resources == ["web": .init(role: "Started", nodes: ["falco"])])
    #expect(state.isWell)
    let host = #"{"links":{},"name":"falco","ssh":"root@falco"}"#
    #expect(
      try JSONDecoder().decode(Fleet.Host.self, from: Data(host.utf8))
        == Fleet.Host(name: "falco", ssh: "root@falco", links: [:]))
  }
}
