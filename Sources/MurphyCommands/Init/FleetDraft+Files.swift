import Agent
import AgentProtocol
import Faults
import FoundationEssentials
import Netlink
import Scenario
import Views

extension FleetDraft {
  /// `fleet.yaml`, with comments.
  ///
  /// - Parameter sshConfig: for `ssh -F`; nil means the user's default.
  func fleetFile(named name: String, sshConfig: String?, netns: String?) -> String {
    var lines = [
      "# A fleet: a team's platform, for all of its scenarios. Written by murphy init from the hosts' answers.",
      "# Read and correct it, then: murphy check fleet.yaml",
    ]
    lines += gaps.map { "# NOT KNOWN: \(Self.comment($0))" }
    lines += ["fleet: \(Self.quoted(name))"]
    if let sshConfig {
      lines += ["# The OpenSSH client configuration for the hosts.", "ssh-config: \(Self.quoted(sshConfig))"]
    }
    if let netns {
      lines += [
        "# Murphy and its probes run in this network namespace.", "netns: {path: \(Self.quoted(netns))}",
      ]
    }
    lines += networkLines + hostLines + machineLines + quorumLines + probeLines + viewLines
    return lines.joined(separator: "\n") + "\n"
  }

  private var networkLines: [String] {
    var lines = ["", "# The networks that connect the hosts, with their roles."]
    lines.append(networks.isEmpty ? "networks: {}" : "networks:")
    for network in networks {
      lines.append("  # \(Self.comment(network.remark))")
      lines.append("  \(network.name): {role: \(network.role.rawValue), cidr: \(network.prefix)}")
    }
    return lines
  }

  private var hostLines: [String] {
    var lines = [
      "", "# The hosts by name, with the ssh destination, and the link that a fault cuts on each network.",
      "hosts:",
    ]
    for (index, host) in hosts.enumerated() {
      lines += ["  \(Self.quoted(host.name)):", "    ssh: \(Self.quoted(host.ssh))"]
      if let aliases = host.aliases {
        lines += [
          "    # Its names in the storage and the cluster.",
          "    aliases: [\(aliases.map { Self.quoted($0) }.joined(separator: ", "))]",
        ]
      }
      if let become = host.become { lines.append("    become: \(become.rawValue)") }
      let links = links(of: index)
      lines.append(links.isEmpty ? "    links: {}" : "    links:")
      for (network, choice) in links {
        if let remark = choice.remark { lines.append("      # \(Self.comment(remark))") }
        lines.append("      \(network): \(Self.quoted(choice.link))")
      }
      let addresses = addresses(of: index)
      if addresses.isEmpty { continue }
      lines.append("    # The source addresses of its packets: leave out addresses that a manager moves.")
      lines.append("    addresses:")
      for (network, addresses) in addresses {
        let texts = addresses.map { $0.family == .ipv6 ? "\"\($0)\"" : "\($0)" }
        let only = texts.count == 1 ? texts.first : nil
        lines.append("      \(network): \(only ?? "[\(texts.joined(separator: ", "))]")")
      }
    }
    return lines
  }

  private var machineLines: [String] {
    if machines.isEmpty {
      return ["", "# Virtual machines by name, such as web: {domain: web}; none was found.", "vms: {}"]
    }
    return ["", "# Virtual machines by name, each with its libvirt domain.", "vms:"]
      + machines.map { machine in
        let place =
          machine.places.isEmpty ? "runs on no host now" : "runs on \(machine.places.joined(separator: ", "))"
        return
          "  \(Self.quoted(machine.name)): {domain: \(Self.quoted(machine.domain))}  # \(Self.comment(place))"
      }
  }

  private var quorumLines: [String] {
    let (quorum, why) =
      switch hosts.count {
      case 1: (0, "the only host: it needs no other")
      case 2: (1, "of 2; increase it if the platform needs more")
      default: (hosts.count / 2 + 1, "the majority of \(hosts.count)")
      }
    return [
      "",
      "# The number of hosts that must be up for the platform to work; a scenario that leaves fewer is refused. 0: no host",
      "# needs another, as with plain KVM and local storage.",
      "quorum: \(quorum)  # \(why)",
    ]
  }

  private var probeLines: [String] {
    var lines = [
      "",
      "# Services as their users see them, probed from this machine at fixed intervals. The ssh ports are a start: add",
      "# your own services, such as",
      #"#   website: {http: "http://192.0.2.1/", every: 100ms, timeout: 1s, expect: {status: 200}}"#,
    ]
    lines.append(probes.isEmpty ? "probes: {}" : "probes:")
    lines += probes.map { probe in
      "  \(Self.quoted(probe.name)): {\(probe.kind.rawValue): \"\(probe.target)\", every: \(probe.every)}"
    }
    return lines
  }

  private var viewLines: [String] {
    if views.isEmpty {
      return [
        "",
        "# What the platform reports about itself, a line each: NAME: {KIND: …}, of a kind of",
        "# \(Views.all.map(\.key).joined(separator: ", ")). None was found.", "views: {}",
      ]
    }
    return ["", "# What the platform reports about itself.", "views:"]
      + views.map { view in
        let parameter = Views.kind(view.kind.kind)?.parameter.flatMap { view.kind.text($0.name) }
        return "  \(view.name): {\(view.kind.kind): \(parameter.map(Self.quoted) ?? "{}")}"
      }
  }

  /// The policy of a host: the faults of this version, and the initial list of each kind of resource. Records may be read
  /// in the storage's own folders, so that an append probe with `replicas` needs no edit.
  func policyFile(of host: Int) throws -> String {
    func list(_ names: [String]) throws -> String {
      "[" + (try names.map { try Self.json($0) }).joined(separator: ", ") + "]"
    }
    let lists = try Resource.Kind.allCases.compactMap { kind -> String? in
      let names: [String]
      switch kind.initially {
      case .linksOfTheFleet: names = Set(links(of: host).map(\.choice.link)).sorted()
      case .domainsOfTheFleet: names = machines.map(\.domain)
      case .nothing: names = []
      case nil: return nil
      }
      return "\"\(kind.policyKey)\": \(try list(names)),"
    }
    return """
      {
        "comment": \(try Self.json("What Murphy may do to \(hosts[host].name). Only what is listed is allowed; delete the rest.")),
        "faults": \(try list(Catalogue.builtIn.descriptions.map(\.name))),
        \(lists.joined(separator: "\n  "))
        "files": \(try list(dataFolders(of: host).sorted().map { $0 == "/" ? "/*" : "\($0)/*" })),
        "longest-lease": "10m"
      }

      """
  }

  private static func json(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }

  /// A text for YAML: plain if it can't be read as anything else.
  private static func quoted(_ text: String) -> String {
    let isPlain =
      text.first.map { $0.isASCII && $0.isLetter || $0 == "/" } == true
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./@".contains($0)) }
      && !yamlWords.contains(text.lowercased())
    if isPlain { return text }
    // A JSON string is also a double-quoted YAML string.
    return (try? json(text)) ?? "\"\""
  }

  /// A text from a host in one line, without control characters for a terminal.
  private static func comment(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}
