import Probes
import Scenario
import Views

/// Converts a tree whose form was checked to a fleet, and makes the checks that the form can't express.
///
/// A part with a wrong form was already reported. It is replaced by a placeholder value so that the rest is checked.
struct FleetReader {
  var findings: Findings
  /// Names that objectives and conditions could confuse, with their owners.
  private var subjects: [String: (kind: String, position: Position)] = [:]
  /// Names and aliases of hosts and virtual machines, which conditions could confuse, with their owners.
  private var objects: [String: (owner: String, position: Position)] = [:]

  /// Addresses of hosts, with their owners.
  private var addresses: [String: (host: String, position: Position)] = [:]

  init(findings: Findings) { self.findings = findings }

  mutating func fleet(_ root: Element) -> Fleet {
    let networks = (root["networks"]?.entries ?? []).map { entry in
      Fleet.Network(
        name: entry.key,
        role: entry.value["role"]?.text.flatMap(Fleet.Network.Role.init(rawValue:)) ?? .service,
        cidr: entry.value["cidr"]?.text ?? "")
    }
    let hosts = (root["hosts"]?.entries ?? []).map { host($0, networks: networks) }
    let probes = (root["probes"]?.entries ?? []).map { probe($0, hosts: hosts.map(\.name)) }
    let domains = (root["vms"]?.entries ?? []).compactMap { $0.value["domain"]?.text }
    let views = (root["views"]?.entries ?? []).map { view($0, hosts: hosts.map(\.name), domains: domains) }
    let vms = (root["vms"]?.entries ?? []).map { entry in
      claim(entry, for: "a virtual machine")
      let aliases = aliases(of: entry, "virtual machine")
      return Fleet.VirtualMachine(
        name: entry.key, domain: entry.value["domain"]?.text ?? "", aliases: aliases)
    }
    let quorum = root["quorum"]?.integer ?? 1
    if let element = root["quorum"], !hosts.isEmpty, quorum > hosts.count {
      let message = "quorum: \(quorum) hosts can never be up, since the fleet has \(hosts.count)"
      // A new fleet begins with its first host. The preflight of a run refuses runs that the fleet can't do yet.
      if hosts.count == 1 {
        findings.warning(element.position, "\(message): add its other hosts")
      } else {
        findings.error(element.position, "\(message): expected 0 to \(hosts.count)")
      }
    }
    return Fleet(
      name: root["fleet"]?.text ?? "", networks: networks, hosts: hosts, vms: vms, quorum: quorum,
      probes: probes, views: views, sshConfig: root["ssh-config"]?.text, netns: root["netns"].map(netns),
      controller: root["controller"].map { element in
        let standard = Fleet.Controller.standard
        return Fleet.Controller(
          policy: element["policy"]?.text ?? standard.policy,
          leases: element["leases"]?.text ?? standard.leases)
      }, drill: DrillShape.drill(root["drill"]), manager: root["manager"].map { manager($0) })
  }

  /// The manager's addresses, which no host has: `manager.cut` would cut hosts from each other.
  private mutating func manager(_ element: Element) -> Fleet.Manager {
    var manager = Fleet.Manager(addresses: [])
    guard let list = element["addresses"] else { return manager }
    for item in list.text == nil ? list.items : [list] {
      guard let text = item.text else { continue }
      let address = Form.canonical(text)
      if let owner = addresses[address] {
        findings.error(
          item.position, "manager: \(address) is an address of host '\(owner.host)' (at \(owner.position))",
          .duplicate)
      } else if manager.addresses.contains(address) {
        findings.error(item.position, "manager: duplicate address \(address)", .duplicate)
      }
      manager.addresses.append(address)
    }
    return manager
  }

  private mutating func host(_ entry: Element.Entry, networks: [Fleet.Network]) -> Fleet.Host {
    if Fleet.reservedNames.contains(entry.key) {
      findings.error(
        entry.position, "hosts: the name '\(entry.key)' is a keyword in scenarios: choose another", .reserved
      )
    }
    var links: [String: String] = [:]
    for link in entry.value["links"]?.entries ?? [] {
      checkNetwork(link, "links", networks)
      links[link.key] = link.value.text
    }
    let addresses = addresses(of: entry, links: links, networks)
    let bmc = entry.value["bmc"].map { self.bmc($0) }
    return Fleet.Host(
      name: entry.key, ssh: entry.value["ssh"]?.text ?? "",
      become: entry.value["become"]?.text.flatMap(Fleet.Host.Become.init(rawValue:)), links: links,
      addresses: addresses, bmc: bmc, aliases: aliases(of: entry, "host"))
  }

  private mutating func bmc(_ element: Element) -> Fleet.BMC {
    let (user, file) = (element["user"]?.text ?? "", element["password-file"]?.text ?? "")
    guard let url = element["redfish"]?.text else {
      return Fleet.BMC(
        ipmi: element["ipmi"]?.text ?? "", user: user, passwordFile: file,
        cipherSuite: element["cipher-suite"]?.integer)
    }
    if let user = element["user"], user.text?.contains(":") == true {
      findings.error(
        user.position, "user: a user of a Redfish service can't contain ':' (RFC 7617)", .value)
    }
    let redfish = Fleet.Redfish(
      url, system: element["system"]?.text, authority: element["ca"]?.text,
      address: element["address"]?.text.map(Form.canonical))
    return Fleet.BMC(.redfish(redfish), user: user, passwordFile: file)
  }

  private mutating func checkNetwork(
    _ entry: Element.Entry, _ key: String, _ networks: [Fleet.Network]
  ) {
    let names = networks.map(\.name)
    if names.contains(entry.key) { return }
    findings.error(
      entry.position,
      "\(key): unknown network '\(entry.key.clipped)'" + Nearest.hint(entry.key, among: names), .absent)
  }

  /// A host's addresses on each network. An address belongs to only one host.
  private mutating func addresses(
    of host: Element.Entry, links: [String: String], _ networks: [Fleet.Network]
  ) -> [String: [String]]? {
    guard let element = host.value["addresses"] else { return nil }
    var found: [String: [String]] = [:]
    for entry in element.entries {
      checkNetwork(entry, "addresses", networks)
      if links[entry.key] == nil, networks.contains(where: { $0.name == entry.key }) {
        findings.error(
          entry.position, "addresses: host '\(host.key)' has no link on the network '\(entry.key)'", .absent)
      }
      let cidr = networks.first { $0.name == entry.key }?.cidr
      for item in entry.value.text == nil ? entry.value.items : [entry.value] {
        guard let text = item.text else { continue }
        let address = Form.canonical(text)
        if let cidr, !Form.network(cidr, canHave: address) {
          findings.error(
            item.position, "addresses: \(address) is not in \(cidr), the network '\(entry.key)'", .conflict)
        }
        if let other = self.addresses[address] {
          findings.error(
            item.position,
            "addresses: \(address) is an address of host '\(other.host)' already (at \(other.position))",
            .duplicate)
        } else {
          self.addresses[address] = (host.key, item.position)
        }
        found[entry.key, default: []].append(address)
      }
      found[entry.key] = found[entry.key] ?? []
    }
    return found
  }

  /// The aliases of a host or virtual machine. Refuses those that are a name of another.
  private mutating func aliases(of entry: Element.Entry, _ kind: String) -> [String]? {
    let owner = "\(kind) '\(entry.key)'"
    func take(_ name: String, _ position: Position) {
      if let other = objects[name], other.owner == owner {
        findings.error(position, "'\(name)' is already a name of this \(kind): remove it", .duplicate)
      } else if let other = objects[name] {
        findings.error(
          max(position, other.position),
          "'\(name)' is a name of \(other.owner) and of \(owner): conditions could not distinguish them "
            + "(the other is at \(min(position, other.position)))", .duplicate)
      } else {
        objects[name] = (owner, position)
      }
    }
    take(entry.key, entry.position)
    let items = entry.value["aliases"]?.items ?? []
    for item in items {
      guard let name = item.text else { continue }
      if Fleet.reservedNames.contains(name) {
        findings.error(
          item.position, "the alias '\(name)' is a keyword in scenarios: remove it", .reserved)
      }
      take(name, item.position)
    }
    return items.isEmpty ? nil : items.compactMap(\.text)
  }

  private mutating func probe(_ entry: Element.Entry, hosts: [String]) -> Fleet.Probe {
    claim(entry, for: "a probe")
    if entry.key == Prober.controlName {
      findings.error(
        entry.position, "'\(entry.key)' is the name of the prober's own control in samples: choose another",
        .reserved)
    }
    // A missing key was already reported, so any kind can replace it.
    let kind = Probes.all.first { entry.value[$0.key.rawValue] != nil } ?? Probes.all[0]
    let target = entry.value[kind.key.rawValue]
    var probe = Fleet.Probe(name: entry.key, kind: kind.key, target: target?.text ?? "")
    if case .words = kind.target {
      probe.target = (target?.items ?? []).compactMap(\.text).joined(separator: " ")
      probe.options[kind.key.rawValue] = target?.value(kind.target)
    }
    for option in kind.options {
      probe.options[option.name] = entry.value[option.name]?.value(option.form)
      if case .files = option.form { checkHosts(of: entry.value[option.name], option.name, hosts) }
      if option.isRequired, entry.value[option.name] == nil {
        findings.error(
          entry.value.position, "\(kind.key.rawValue): '\(option.name)' is missing: \(option.summary)",
          .missing)
      }
    }
    if let every = entry.value["every"]?.duration { probe.every = every }
    if let timeout = entry.value["timeout"]?.duration { probe.timeout = timeout }
    // A value with a wrong form was already reported.
    if !findings.hasErrors, let problem = Probes.problem(probe) {
      findings.error(target?.position ?? entry.position, "\(kind.key.rawValue): \(problem)")
    }
    return probe
  }

  private mutating func checkHosts(of files: Element?, _ key: String, _ hosts: [String]) {
    // Without hosts the file is refused for that reason.
    for item in hosts.isEmpty ? [] : files?.items ?? [] {
      guard let host = item["host"], let name = host.text, !hosts.contains(name) else { continue }
      findings.error(
        host.position, "\(key): unknown host '\(name.clipped)'" + Nearest.hint(name, among: hosts), .absent)
    }
  }

  private mutating func view(_ entry: Element.Entry, hosts: [String], domains: [String]) -> Fleet.View {
    claim(entry, for: "a view")
    // A missing key was already reported, so any kind can replace it.
    var spec = ViewSpec(Views.all[0].key)
    var question: ViewQuestion?
    if let kind = Views.all.first(where: { entry.value[$0.key] != nil }) {
      spec = ViewSpec(kind.key)
      if let parameter = kind.parameter {
        spec.parameters[parameter.name] = entry.value[kind.key]?.value(parameter.form)
      }
      for key in kind.further { spec.parameters[key.name] = entry.value[key.name]?.value(key.form) }
      let missing = kind.further.filter { $0.isRequired && spec.parameters[$0.name] == nil }
      for key in missing {
        findings.error(
          entry.value.position, "\(kind.key): '\(key.name)' is missing: \(key.summary)", .missing)
      }
      // A value with a wrong form was already reported.
      if missing.isEmpty, kind.parameter.map({ spec.parameters[$0.name] != nil }) ?? true {
        do throws(ViewRefused) {
          question = try spec.question()
        } catch {
          findings.error(entry.value.position, "\(error)")
        }
      }
    }
    if let domain = spec.domain, !domains.contains(domain) {
      findings.error(
        (entry.value[spec.kind] ?? entry.value).position,
        "\(spec.kind): no virtual machine of this fleet has the domain '\(domain.clipped)'"
          + Nearest.hint(domain, among: domains), .absent)
    }
    var view = Fleet.View(name: entry.key, kind: spec)
    if let every = entry.value["every"]?.duration { view.every = every }
    if let element = entry.value["from"], let text = element.text {
      let vantage = Vantage(text)
      view.from = vantage
      if spec.domain != nil {
        findings.error(
          element.position, "from: the host that runs the domain is asked for \(spec.kind): leave it out",
          .conflict)
      } else if case .host = vantage, !hosts.contains(text) {
        findings.error(
          element.position,
          "from: unknown host '\(text.clipped)'" + Nearest.hint(text, among: Vantage.words + hosts), .absent)
      } else if Vantage.words.contains(text), hosts.contains(text) {
        findings.error(
          element.position,
          "from: '\(text)' is a host of this fleet and also a keyword here: rename the host", .reserved)
      } else if let question, !question.fits(vantage) {
        findings.error(
          element.position,
          question.fits(.controller)
            ? "from: only the controller queries \(spec.kind): leave it out"
            : "from: \(spec.kind) is queried on hosts, not by the controller", .conflict)
      }
    }
    return view
  }

  private func netns(_ element: Element) -> Fleet.NetworkNamespace {
    Fleet.NetworkNamespace(
      path: element["path"]?.text ?? "", inode: element["inode"]?.integer.flatMap(UInt64.init(exactly:)))
  }

  private mutating func claim(_ entry: Element.Entry, for kind: String) {
    if Fleet.reservedNames.contains(entry.key) {
      findings.error(
        entry.position, "the name '\(entry.key)' is a keyword in scenarios: choose another", .reserved)
    }
    if let other = subjects[entry.key] {
      findings.error(
        max(entry.position, other.position),
        "duplicate name '\(entry.key)', of \(other.kind) and of \(kind): objectives could not distinguish them "
          + "(the other is at \(min(entry.position, other.position)))", .duplicate)
    } else {
      subjects[entry.key] = (kind, entry.position)
    }
  }
}

extension Element {
  /// A value of a view; nil if it is empty, or if its form is wrong and was reported.
  fileprivate func value(_ form: ViewParameter.Form) -> JSONValue? {
    switch form {
    case .text, .httpURL, .httpsURL, .path, .duration:
      return text.flatMap { $0.isEmpty ? nil : .string($0) }
    case .words:
      let texts = items.map(\.text)
      return texts.isEmpty || texts.contains(nil) ? nil : .array(texts.compactMap { $0 }.map { .string($0) })
    case .numbers:
      let numbers = (integer == nil ? items : [self]).compactMap(\.integer)
      return numbers.isEmpty ? nil : .array(numbers.map { .integer(Int64($0)) })
    }
  }

  /// A value of a probe. Nil if its form is wrong, which was already reported, or if it is empty.
  fileprivate func value(_ form: ProbeForm) -> JSONValue? {
    switch form {
    case .webURL, .tcpURL, .streamURL, .address, .dnsName, .line, .path, .word:
      return text.flatMap { $0.isEmpty ? nil : .string($0) }
    case .lines, .words:
      let texts = (text == nil ? items : [self]).compactMap(\.text)
      return texts.isEmpty ? nil : .array(texts.map { .string($0) })
    case .headers, .addresses:
      let found = entries.compactMap { entry in entry.value.text.map { (entry.key, JSONValue.string($0)) } }
      return found.isEmpty ? nil : .object(Dictionary(found) { $1 })
    case .files:
      let found = items.compactMap { item -> JSONValue? in
        guard let host = item["host"]?.text, let path = item["path"]?.text else { return nil }
        return .object(["host": .string(host), "path": .string(path)])
      }
      return found.isEmpty ? nil : .array(found)
    case .integer: return integer.map { .integer(Int64($0)) }
    case .mapping(let options):
      let found = options.compactMap { option in
        self[option.name]?.value(option.form).map { (option.name, $0) }
      }
      return found.isEmpty ? nil : .object(Dictionary(uniqueKeysWithValues: found))
    }
  }

  var integer: Int? { scalar.flatMap { $0.isPlain ? Int($0.text) : nil } }
  var duration: Nanoseconds? { text.flatMap { Nanoseconds($0) } }
  var flag: Bool? { text.flatMap { Bool($0) } }
}
