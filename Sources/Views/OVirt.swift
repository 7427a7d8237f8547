import Journal
import Scenario

/// The view of oVirt's or OLVM's engine of its hosts and virtual machines, by its REST API, version 4.
package struct OVirt: ViewKind {
  package let key = "ovirt"
  package let summary = "the view of an oVirt or OLVM engine, by its URL, such as https://engine.example.org"
  package let parameter: ViewParameter? = ViewParameter(
    name: "url", summary: "its URL", form: .httpsURL, isRequired: true)
  package let further = [
    ViewParameter(
      name: "login", summary: "a file with a login, as USER@PROFILE:PASSWORD", form: .path, isRequired: true),
    ViewParameter.authority,
  ]
  package let form = Belief.Form.manager
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let base = try base(spec, overTLS: "https://engine.example.org")
    return .api(
      APIRequests(
        urls: ["hosts", "vms"].map { "\(base)/ovirt-engine/api/\($0)" }, mediaType: "application/xml",
        authority: spec.text("ca"), credentials: try credentials("login", of: spec), authorization: .basic))
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard answers.count == 2 else { return Belief(form, unknown: "\(answers.count) answers instead of 2") }
    return .manager(ManagerState(ovirtHosts: answers[0].text, vms: answers[1].text))
  }
}

extension ManagerState {
  /// The engine's belief, from the XML of `/ovirt-engine/api/hosts` and `/ovirt-engine/api/vms`.
  fileprivate init(ovirtHosts hosts: String, vms: String) {
    self.init()
    do throws(AnswerUnclear) {
      var names: [String: String] = [:]
      for host in try Self.list(hosts, "hosts", of: "host") {
        let name = host.text(of: "name")
        names[host.attribute("id")] = name
        nodes[name] = Self.node(host.text(of: "status"))
      }
      if nodes.isEmpty { throw AnswerUnclear(tool: "ovirt", reason: "/hosts has no host for this user") }
      for vm in try Self.list(vms, "vms", of: "vm") {
        let host = vm.children.first { $0.name == "host" }.flatMap { names[$0.attribute("id")] }
        let name = vm.text(of: "name")
        // A name is unique only in its data center.
        resources[resources[name] == nil ? name : "\(name).\(vm.attribute("id"))"] = Self.resource(
          vm, on: host)
      }
      // The engine is a single program. Whether it answers is known by its answer.
      quorate = true
    } catch {
      unknown = "\(error)"
    }
  }

  private static func list(
    _ text: String, _ name: String, of element: String
  ) throws(AnswerUnclear) -> [XMLTree.Element] {
    guard let root = XMLTree(text)?.root, root.name == name else {
      throw AnswerUnclear(tool: "ovirt", reason: "/\(name) not understood: \(text.prefix(120))")
    }
    let elements = root.children.filter { $0.name == element }
    if elements.contains(where: { $0.text(of: "name").isEmpty || $0.text(of: "status").isEmpty }) {
      throw AnswerUnclear(tool: "ovirt", reason: "/\(name) has an entry without a name or a status")
    }
    return elements
  }

  /// A host's status, in the words that views of all managers have in common where there is one. See
  /// https://ovirt.github.io/ovirt-engine-api-model/4.5/#types/host_status.
  private static func node(_ status: String) -> String {
    switch status {
    case "up": "online"
    case "down": "offline"
    case "maintenance", "preparing_for_maintenance": "maintenance"
    // The engine has lost the host, and fences it if it can.
    case "non_responsive": "unclean"
    default: status
    }
  }

  private static func resource(_ vm: XMLTree.Element, on host: String?) -> Resource {
    let status = vm.text(of: "status")
    var resource = Resource(role: "Started", nodes: host.map { [$0] } ?? [])
    switch status {
    case "up": break
    case "down": resource = Resource(role: "Stopped", nodes: [])
    // The engine has lost its host.
    case "unknown": resource = Resource(role: "Unknown", nodes: [])
    // `migrating`, `paused`, `not_responding` and others.
    default: resource.role = String(status.prefix(1).uppercased() + status.dropFirst().prefix(40))
    }
    let isHA = vm.children.first { $0.name == "high_availability" }?.text(of: "enabled") == "true"
    if isHA { resource.target = "Started" } else { resource.managed = false }
    return resource
  }
}
