import FoundationEssentials
import Journal
import Scenario

/// Proxmox VE's view of its nodes, virtual machines and containers, by the API of one node.
package struct Proxmox: ViewKind {
  package let key = "proxmox"
  package let summary = "Proxmox VE's view, by the URL of a node's API, such as https://10.77.2.11:8006"
  package let parameter: ViewParameter? = ViewParameter(
    name: "url", summary: "its URL", form: .httpsURL, isRequired: true)
  package let further = [
    ViewParameter(
      name: "token", summary: "a file with an API token, as USER@REALM!NAME=SECRET", form: .path,
      isRequired: true),
    ViewParameter.authority,
  ]
  package let form = Belief.Form.manager
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let base = try base(spec, overTLS: "https://10.77.2.11:8006")
    let paths = ["status", "resources?type=vm", "ha/status/current"]
    return .api(
      APIRequests(
        urls: paths.map { "\(base)/api2/json/cluster/\($0)" }, mediaType: "application/json",
        authority: spec.text("ca"), credentials: try credentials("token", of: spec),
        authorization: .line(after: "PVEAPIToken=")))
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard answers.count == 3 else { return Belief(form, unknown: "\(answers.count) answers instead of 3") }
    return .manager(ManagerState(proxmox: answers[0].text, resources: answers[1].text, ha: answers[2].text))
  }
}

extension ManagerState {
  /// Proxmox VE's belief, from the JSON of `/cluster/status`, `/cluster/resources` and `/cluster/ha/status/current`.
  fileprivate init(proxmox status: String, resources list: String, ha: String) {
    self.init()
    do {
      let members: [Member] = try Self.decoded(status, from: "/cluster/status")
      let guests: [Guest] = try Self.decoded(list, from: "/cluster/resources")
      let services: [HAEntry] = try Self.decoded(ha, from: "/cluster/ha/status/current")
      for member in members where member.type == "node" {
        nodes[member.name] = member.online?.isSet == true ? "online" : "offline"
      }
      // A node without a cluster has no quorum, and needs none.
      quorate = members.first { $0.type == "cluster" }.map { $0.quorate?.isSet == true } ?? (nodes.count == 1)
      if nodes.isEmpty { throw AnswerUnclear(tool: "proxmox", reason: "/cluster/status has no node") }
      takeManagers(services)
      takeGuests(guests, services)
    } catch {
      unknown = "\(error)"
    }
  }

  private static func decoded<Value: Decodable>(_ text: String, from path: String) throws -> [Value] {
    do {
      return try JSONDecoder().decode(Envelope<Value>.self, from: Data(text.utf8)).data
    } catch {
      throw AnswerUnclear(tool: "proxmox", reason: "\(path) not understood: \(text.prefix(120))")
    }
  }

  /// The master of high availability (CRM), and the local managers (LRM) that aren't well.
  private mutating func takeManagers(_ entries: [HAEntry]) {
    for entry in entries {
      guard let node = entry.node, !node.isEmpty else { continue }
      let role = entry.managerRole
      if entry.type == "master" {
        resources["ha-master"] = Resource(role: role, nodes: [node])
      } else if entry.type == "lrm", role == "Maintenance" {
        if nodes[node] == "online" { nodes[node] = "maintenance" }
      } else if entry.type == "lrm", role != "Started" {
        resources["ha-lrm.\(node)"] = Resource(role: role, nodes: [node])
      }
    }
  }

  private mutating func takeGuests(_ guests: [Guest], _ entries: [HAEntry]) {
    var services: [String: HAEntry] = [:]
    for entry in entries where entry.type == "service" {
      if let sid = entry.sid { services[sid] = entry }
    }
    let guests = guests.filter { $0.kind != nil && $0.template?.isSet != true }
    var count: [String: Int] = [:]
    for guest in guests { count[guest.title, default: 0] += 1 }
    for guest in guests {
      // A name may be used several times.
      let name = count[guest.title] == 1 ? guest.title : "\(guest.title).\(guest.number)"
      resources[name] = guest.resource(services["\(guest.kind ?? ""):\(guest.number)"])
    }
  }
}

private struct Envelope<Value: Decodable>: Decodable { var data: [Value] }

/// 0 or 1. The API writes numbers also as strings.
private struct Flag: Decodable {
  var isSet: Bool

  init(from decoder: any Decoder) throws {
    switch try JSONValue(from: decoder) {
    case .bool(let value): isSet = value
    case .integer(let value): isSet = value == 1
    case .string(let text): isSet = text == "1"
    default:
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no flag"))
    }
  }
}

/// An entry of `/cluster/status`: the cluster, or a node.
private struct Member: Decodable {
  var type: String
  var name: String
  var quorate: Flag?
  var online: Flag?
}

/// An entry of `/cluster/ha/status/current`; see PVE::API2::HA::Status of pve-ha-manager.
private struct HAEntry: Decodable {
  var type: String
  var node: String?
  var status: String?
  var sid: String?
  var state: String?
  var request_state: String?

  /// The role of a manager, from `falco (active, Sat Nov 28 07:00:00 2026)`. Its first word is the API's own judgement
  /// of the manager's last report. What no version is known to print is a role by itself, so that it isn't healthy.
  var managerRole: String {
    let word = (status ?? "").split(separator: "(", maxSplits: 1).dropFirst().first?.prefix {
      $0 != "," && $0 != ")"
    }
    return switch word {
    case "active", "idle", "wait for agent lock": "Started"
    case "maintenance mode": "Maintenance"
    // Its last report is older than 30 s.
    case "old timestamp - dead?": "Stale"
    case let word?: String(word.prefix(60))
    case nil: "Unknown"
    }
  }
}

/// An entry of `/cluster/resources`: a virtual machine or a container.
private struct Guest: Decodable {
  var id: String
  var name: String?
  var node: String?
  var status: String?
  var template: Flag?
  var hastate: String?

  /// As in the names of high availability.
  var kind: String? { id.hasPrefix("qemu/") ? "vm" : id.hasPrefix("lxc/") ? "ct" : nil }
  var number: Substring { id.drop { $0 != "/" }.dropFirst() }
  var title: String { name ?? String(number) }

  /// - Parameter service: its entry in high availability; nil if it has none.
  func resource(_ service: HAEntry?) -> ManagerState.Resource {
    var resource =
      switch status {
      case "running": ManagerState.Resource(role: "Started", nodes: node.map { [$0] } ?? [])
      case "stopped": ManagerState.Resource(role: "Stopped", nodes: [])
      // Its node doesn't report.
      default: ManagerState.Resource(role: "Unknown", nodes: [])
      }
    guard let state = service?.state ?? hastate, state != "ignored" else {
      resource.managed = false
      return resource
    }
    switch service?.request_state ?? state {
    case "started": resource.target = "Started"
    case "stopped", "disabled": resource.target = "Stopped"
    default: break
    }
    switch state {
    case "started", "stopped", "disabled": break
    case "error":
      resource.failed = true
      resource.blocked = true
    default:
      // On its way: fence, recovery, migrate, relocate, freeze, queued, request_stop.
      resource.role = String(state.prefix(1).uppercased() + state.dropFirst().prefix(40))
    }
    return resource
  }
}
