import Journal
import Netlink
import Scenario
import Views

/// A fleet from the hosts' descriptions, with the remarks for its file.
struct FleetDraft {
  struct Network {
    var name: String
    var role: Fleet.Network.Role
    var prefix: IPPrefix
    var remark: String
    /// By the index of the host.
    var links: [Int: LinkChoice]
    /// The hosts' own addresses in it, by the index of the host.
    var addresses: [Int: [IPAddress]]
  }

  struct Machine {
    var name: String
    var domain: String
    /// The hosts on which the machine runs.
    var places: [String]
  }

  struct View {
    var name: String
    var kind: ViewSpec
  }

  private(set) var hosts: [Fleet.Host]
  let portraits: [HostPortrait]
  private(set) var networks: [Network] = []
  private(set) var machines: [Machine] = []
  private(set) var probes: [Fleet.Probe] = []
  private(set) var views: [View] = []
  /// What could not be determined, a line each.
  private(set) var gaps: [String] = []

  /// - Parameter destinations: each host's ssh destination, in the order of the portraits.
  init(destinations: [(ssh: String, become: Fleet.Host.Become?)], portraits: [HostPortrait]) {
    self.portraits = portraits
    var names = Names(taken: Fleet.reservedNames)
    hosts = zip(destinations, portraits).map { destination, portrait in
      Fleet.Host(
        name: names.host(portrait, destination: destination.ssh), ssh: destination.ssh,
        become: destination.become,
        links: [:])
    }
    findAliases()
    findNetworks()
    findMachines()
    findProbesAndViews()
  }

  /// The link of a host on each network, in the order of the networks.
  func links(of host: Int) -> [(network: String, choice: LinkChoice)] {
    networks.compactMap { network in network.links[host].map { (network.name, $0) } }
  }

  /// The addresses of a host on each network, in the order of the networks.
  func addresses(of host: Int) -> [(network: String, addresses: [IPAddress])] {
    networks.compactMap { network in
      network.links[host].map { _ in (network.name, network.addresses[host] ?? []) }
    }
  }

  /// The folders on a host that have a copy of the storage's data.
  func dataFolders(of host: Int) -> Set<String> {
    let fleet = Fleet(name: "", hosts: hosts)
    var found: Set<String> = []
    for discovery in portraits.flatMap(\.discoveries.values) {
      for (name, folders) in discovery.dataFolders where fleet.host(called: name) == hosts[host] {
        found.formUnion(folders)
      }
    }
    return found
  }

  // MARK: Names

  /// Finds names of the hosts in the storage and the cluster that differ from the fleet's.
  private mutating func findAliases() {
    let fleet = Fleet(name: "", hosts: hosts)
    var aliases: [Int: Set<String>] = [:]
    for (index, portrait) in portraits.enumerated() { aliases[index] = Set(portrait.nodes) }
    for name in Set(portraits.flatMap(\.knownHosts)) {
      let addresses = addresses(of: name)
      let owner = portraits.firstIndex {
        $0.links.flatMap(\.addresses).contains { addresses.contains($0.address) }
      }
      if let owner { aliases[owner, default: []].insert(name) }
    }
    var taken = Fleet.reservedNames.union(hosts.map(\.name))
    for index in hosts.indices {
      let names = (aliases[index] ?? []).filter { name in
        fleet.host(called: name) != hosts[index] && taken.insert(name).inserted
          && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-:".contains($0)) }
      }.sorted()
      if !names.isEmpty { hosts[index].aliases = names }
    }
    let known = Fleet(name: "", hosts: hosts)
    for kind in Views.all {
      let names = Set(portraits.flatMap { $0.discoveries[kind.key]?.hosts ?? [] })
      let unqueried = names.filter { name in
        known.host(called: name) == nil && !aliases.values.contains { $0.contains(name) }
      }
      if !unqueried.isEmpty {
        gaps.append(
          "\(kind.key) has hosts that were not queried: \(unqueried.sorted().joined(separator: ", ")); "
            + "give murphy init all hosts")
      }
    }
  }

  private func addresses(of name: String) -> [IPAddress] {
    IPAddress(name).map { [$0] } ?? portraits.flatMap { $0.addresses[name] ?? [] }
  }

  // MARK: Networks

  /// The subnets in which several hosts have different addresses. A subnet in which all hosts have the same address
  /// is local to each host, like libvirt's default network.
  private mutating func findNetworks() {
    var found: [IPPrefix: [(host: Int, address: IPAddress, device: String, choice: LinkChoice)]] = [:]
    for (index, portrait) in portraits.enumerated() {
      for device in portrait.links where device.flags.contains("UP") {
        for prefix in device.addresses where Int(prefix.length) < prefix.address.bytes.count * 8 {
          guard let choice = portrait.choice(for: device) else { continue }
          found[prefix.network, default: []].append((index, prefix.address, device.name, choice))
        }
      }
    }
    var names = Names()
    let order = found.keys.sorted {
      ($0.address.bytes.count, $0.description) < ($1.address.bytes.count, $1.description)
    }
    for prefix in order {
      let members = found[prefix] ?? []
      let isShared = Set(members.map(\.host)).count > 1 && Set(members.map(\.address)).count > 1
      guard
        isShared
          || portraits.count == 1 && members.contains(where: { leadsOut(prefix, $0.device, $0.choice) })
      else { continue }
      var links: [Int: LinkChoice] = [:]
      for member in members where links[member.host] == nil { links[member.host] = member.choice }
      var addresses: [Int: [IPAddress]] = [:]
      // An address that several hosts have identifies none of them.
      for member in members where members.count(where: { $0.address == member.address }) == 1 {
        addresses[member.host, default: []].append(member.address)
      }
      // One cut affects both: a second name for the same links would be confusing.
      if let same = networks.firstIndex(where: { $0.links.mapValues(\.link) == links.mapValues(\.link) }) {
        networks[same].addresses.merge(addresses) { $0 + $1 }
        continue
      }
      let devices = Dictionary(members.map { ($0.host, $0.device) }) { first, _ in first }
      let (role, why) = role(of: prefix, on: devices)
      networks.append(
        Network(
          name: names.unique(role.rawValue, "net"), role: role, prefix: prefix, remark: why, links: links,
          addresses: addresses))
    }
    if networks.isEmpty {
      gaps.append(
        portraits.count == 1
          ? "no link with an address leads to other machines: add the networks and the host's links by hand"
          : "no two hosts have addresses in one subnet: add the networks and the hosts' links by hand")
    }
  }

  /// Whether a network of the only host leads to other machines. No other host's address shows it, so a network counts
  /// unless its only link leads to a container.
  private func leadsOut(_ prefix: IPPrefix, _ device: String, _ choice: LinkChoice) -> Bool {
    portraits.contains { portrait in
      portrait.links.contains { $0.name == choice.link && $0.kind != "veth" }
        || portrait.defaultLinks.contains(device)
        || portrait.endpoint.map { prefix.contains($0.address) } == true
    }
  }

  /// The role of a network, and the reason for it.
  private func role(of prefix: IPPrefix, on devices: [Int: String]) -> (Fleet.Network.Role, String) {
    for kind in Views.all {
      let hosts = portraits.flatMap { $0.discoveries[kind.key]?.dataHosts ?? [] }
      if hosts.contains(where: { addresses(of: $0).contains(where: prefix.contains) }) {
        return (.storage, "\(kind.key)'s data has its addresses here")
      }
    }
    let hasDefault = devices.contains { portraits[$0.key].defaultLinks.contains($0.value) }
    let hasSSH = portraits.contains { $0.endpoint.map { prefix.contains($0.address) } == true }
    if hasDefault {
      return (.service, "the hosts' default route is here" + (hasSSH ? ", and ssh uses it" : ""))
    }
    let isDefaultKnown = portraits.contains { !$0.defaultLinks.isEmpty }
    if hasSSH { return (isDefaultKnown ? .management : .service, "ssh uses it") }
    return (.storage, "a guess: neither ssh nor a default route uses it")
  }

  // MARK: Runs

  private mutating func findMachines() {
    // Conditions name hosts and virtual machines: one name can't mean both.
    var names = Names(taken: Fleet.reservedNames.union(hosts.flatMap { [$0.name] + ($0.aliases ?? []) }))
    for (host, portrait) in zip(hosts, portraits) where portrait.domains == nil {
      gaps.append(
        "\(host.name): libvirt did not answer, so its domains are not known; there, "
          + "'sudo virsh -r -c qemu:///system list' shows why")
    }
    for domain in Set(portraits.flatMap { $0.domains ?? [] }).sorted() {
      let places = zip(hosts, portraits).filter { $0.1.running.contains(domain) }.map(\.0.name)
      machines.append(Machine(name: names.unique(domain, "vm"), domain: domain, places: places))
    }
  }

  private mutating func findProbesAndViews() {
    // A name has one meaning among these three.
    var names = Names(taken: Fleet.reservedNames.union(machines.map(\.name)))
    for (host, portrait) in zip(hosts, portraits) {
      guard let endpoint = portrait.endpoint else { continue }
      let address = endpoint.address.family == .ipv6 ? "[\(endpoint.address)]" : "\(endpoint.address)"
      probes.append(
        Fleet.Probe(
          name: names.unique("\(host.name.prefix { $0 != "." })-ssh", "host"), kind: .tcp,
          target: "tcp://\(address):\(endpoint.port)",
          every: .milliseconds(200)))
    }
    for kind in Views.all {
      var specs: [ViewSpec] = []
      for spec in portraits.flatMap(\.views) where spec.kind == kind.key && !specs.contains(spec) {
        specs.append(spec)
      }
      let name = kind.form == .verdict ? kind.key : kind.form.rawValue
      let suffixes = specs.map { spec in kind.parameter.flatMap { spec.text($0.name) } ?? "" }
      for (suffix, spec) in zip(suffixes, specs).sorted(by: { $0.0 < $1.0 }) {
        let isOnly = specs.count == 1 || suffix.isEmpty
        views.append(View(name: names.unique(isOnly ? name : "\(name)-\(suffix)", "view"), kind: spec))
      }
    }
  }

  /// Words that YAML reads as something else than a string.
  static let yamlWords: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
}

/// Names for a fleet file, each used once.
private struct Names {
  private var taken: Set<String>

  init(taken: Set<String> = []) { self.taken = taken }

  /// A name made of a text. A name that YAML may read as something else gets `kind` as a prefix.
  mutating func unique(_ text: String, _ kind: String) -> String {
    let plain = String(
      text.prefix(50).map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.".contains($0)) ? $0 : "-" })
    let isText = plain.first?.isLetter == true && !FleetDraft.yamlWords.contains(plain.lowercased())
    let base = isText ? plain : "\(kind)-\(plain.trimmingPrefix { $0 == "-" })"
    var name = base
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(base)-\(number)"
      number += 1
    }
    return name
  }

  /// The cluster's name of the host, otherwise its own; otherwise the ssh destination.
  mutating func host(_ portrait: HostPortrait, destination: String) -> String {
    let short = String(portrait.hostname.prefix { $0 != "." })
    if let node = portrait.nodes.first, node != short,
      node.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }),
      taken.insert(node).inserted
    {
      return node
    }
    if short != "localhost", !taken.contains(short) { return unique(short, "host") }
    return unique(String(destination.split(separator: "@").last ?? ""), "host")
  }
}
