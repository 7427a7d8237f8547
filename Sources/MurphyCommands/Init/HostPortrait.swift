import FoundationEssentials
import Netlink
import Runner
import Scenario
import Views

/// A host according to its own tools; the result of `script`, which only reads.
struct HostPortrait {
  /// Fixed commands with structured output, of tools that such a host already has. The part of a missing tool is
  /// empty. If the user isn't root, `sudo -n` is tried for commands that need root.
  static let script = HostScript(
    [
      #"""
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
      export PATH LC_ALL
      limit= root=
      ! command -v timeout > /dev/null || limit='timeout 15'
      [ "$(id -u)" = 0 ] || ! sudo -n true < /dev/null > /dev/null 2>&1 || root='sudo -n'
      ask() {
        printf '\n@murphy %s\n' "$1"
        shift
        "$@" < /dev/null 2> /dev/null
        printf '\n@murphy-code %s\n' "$?"
      }
      ask hostname cat /proc/sys/kernel/hostname
      ask connection printf '%s' "$SSH_CONNECTION"
      ask links ip -j -d address show
      ask routes ip -j route show default
      ask hosts getent hosts
      ask domains $limit $root virsh -r -c qemu:///system list --all --name
      ask running $limit $root virsh -r -c qemu:///system list --name

      """#
    ] + questions + [
      #"""
      ask policy test -e /etc/murphy/agent.json
      """#
    ], patience: .seconds(90))

  /// The commands that the kinds of views need.
  private static var questions: [StaticString] {
    Views.all.flatMap(\.discovery).flatMap { ["ask ", $0.name, " $limit $root ", $0.command, "\n"] }
  }

  struct Link: Decodable {
    var name: String
    var flags: [String]
    /// The bridge, bond or VRF that it is a port of.
    var master: String?
    /// The link below, for example of a VLAN.
    var below: String?
    /// The kernel's name of its kind, `bridge` or `vlan`; nil for a network card.
    var kind: String?
    var addresses: [IPPrefix]

    private enum Key: String, CodingKey {
      case ifname, flags, master, link, linkinfo
      case addresses = "addr_info"
    }
    private struct Info: Decodable {
      var info_kind: String?
    }
    private struct Address: Decodable {
      var local: String?
      var prefixlen: UInt8?
      var scope: String?
      var temporary: Bool?
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      name = try container.decode(String.self, forKey: .ifname)
      flags = try container.decodeIfPresent([String].self, forKey: .flags) ?? []
      master = try container.decodeIfPresent(String.self, forKey: .master)
      below = try container.decodeIfPresent(String.self, forKey: .link)
      kind = try container.decodeIfPresent(Info.self, forKey: .linkinfo)?.info_kind
      addresses = try (container.decodeIfPresent([Address].self, forKey: .addresses) ?? []).compactMap {
        address in
        guard address.scope == "global", address.temporary != true, let text = address.local,
          let ip = IPAddress(text), let length = address.prefixlen
        else { return nil }
        return IPPrefix(ip, length: length)
      }
    }
  }

  /// The address at which ssh reached it.
  struct Endpoint {
    var address: IPAddress
    var port: UInt16
  }

  var hostname: String
  var endpoint: Endpoint?
  var links: [Link]
  /// The links of default routes.
  var defaultLinks: Set<String>
  /// The host's own names for addresses.
  var addresses: [String: [IPAddress]]
  /// All of libvirt's domains; nil if it did not answer.
  var domains: [String]?
  var running: Set<String>
  /// The facts about each part of the platform, by kind of view.
  var discoveries: [String: ViewDiscovery]
  var hasPolicy: Bool
}

extension HostPortrait {
  /// The name that the part has for this host.
  var nodes: [String] { Views.all.compactMap { discoveries[$0.key]?.node } }
  /// The names that the part has for its hosts.
  var knownHosts: Set<String> { discoveries.values.reduce(into: []) { $0.formUnion($1.hosts) } }
  /// The views that a fleet can have.
  var views: [ViewSpec] { Views.all.flatMap { discoveries[$0.key]?.views ?? [] } }

  /// Parses the script's output.
  ///
  /// - Throws: `Unclear` if the host's links can't be determined.
  init(_ output: String) throws(Unclear) {
    let parts = Self.parts(of: output)
    guard let name = parts["hostname"]?.lines.first, let links = parts["links"] else {
      throw Unclear(
        reason:
          "its shell did not run the script: \(output.isEmpty ? "it printed nothing" : "its output is incomplete")"
      )
    }
    hostname = name
    do {
      self.links = try JSONDecoder().decode([Link].self, from: Data(links.text.utf8))
    } catch {
      throw Unclear(
        reason: links.code == 0
          ? "'ip -j -d address show' printed unexpected JSON: \(error)"
          : "'ip -j' failed there with exit code \(links.code): iproute2 4.14 or newer is needed")
    }
    struct Route: Decodable { var dev: String? }
    let routes =
      (try? JSONDecoder().decode([Route].self, from: Data((parts["routes"]?.text ?? "").utf8))) ?? []
    defaultLinks = Set(routes.compactMap(\.dev))
    let connection = (parts["connection"]?.text ?? "").split(whereSeparator: \.isWhitespace)
    if connection.count == 4, let address = IPAddress(String(connection[2])), let port = UInt16(connection[3])
    {
      endpoint = Endpoint(address: address, port: port)
    }
    addresses = [:]
    for line in parts["hosts"]?.lines ?? [] {
      let words = line.split(separator: " ").map(String.init)
      guard let address = words.first.flatMap(IPAddress.init) else { continue }
      for name in words.dropFirst() { addresses[name, default: []].append(address) }
    }
    domains = parts["domains"].flatMap { $0.code == 0 ? $0.lines : nil }
    running = Set(parts["running"]?.lines ?? [])
    discoveries = [:]
    for kind in Views.all {
      var answers: [String: ViewAnswer] = [:]
      for (name, _) in kind.discovery {
        answers["\(name)"] = parts["\(name)"].map { ViewAnswer($0.text, exitCode: $0.code) }
      }
      discoveries[kind.key] = kind.discovered(answers)
    }
    hasPolicy = parts["policy"]?.code == 0
  }

  /// A host whose output can't be used.
  struct Unclear: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
  }

  private struct Part {
    var text = ""
    var code: Int32 = -1
    var lines: [String] { text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.isEmpty } }
  }

  /// The output and exit code of each command. The login shell's output before the first command is ignored.
  private static func parts(of output: String) -> [String: Part] {
    var parts: [String: Part] = [:]
    var name: String?
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == "@murphy" {
        name = String(words[1])
        parts[String(words[1])] = Part()
      } else if words.count == 2, words[0] == "@murphy-code" {
        if let name { parts[name]?.code = Int32(words[1]) ?? -1 }
        name = nil
      } else if let name {
        parts[name]?.text += line + "\n"
      }
    }
    // An unfinished part is cut off.
    return parts.filter { $0.value.code >= 0 }
  }
}
