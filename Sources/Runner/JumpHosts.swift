import AgentProtocol
import Linux
import Scenario

/// The hosts of the fleet through which ssh reaches other hosts, according to the client's configuration: see ProxyJump
/// in ssh_config(5).
///
/// `ssh -G` is called for each destination. It resolves the configuration and prints it as keys and values, without
/// connecting. If ssh can't do that, it can't connect either, and the run is refused for that reason. A ProxyCommand is
/// the user's own program and is not analysed.
struct JumpHosts {
  private struct Configuration {
    var hostname = ""
    var jumps: [String] = []
  }

  private let fleet: Fleet
  private let ask: (String) -> String
  /// The number of ssh processes at once. Each only reads files, so more would only compete for processors.
  private static let mostAtOnce = 8
  private var known: [String: Configuration] = [:]
  /// The host that each jump is; nil if it isn't in the fleet. Many hosts have the same jump.
  private var names: [String: String?] = [:]

  /// The jump hosts of each host, by the host's name. Only jump hosts that are in the fleet, and hosts that have one.
  static func ask(_ fleet: Fleet) throws(SystemError) -> [String: [String]] {
    let answer: @Sendable (String) -> String = { destination in
      let configuration = fleet.sshConfig.map { ["-F", $0] } ?? []
      do {
        return try ChildProcess.run(
          ["ssh", "-G"] + configuration + ["--", destination], environment: AgentCommand.environment,
          within: .seconds(5)
        ).outputText
      } catch {
        return ""
      }
    }
    let destinations = Array(Set(fleet.hosts.map(\.ssh)))
    let answers = try onThreads(mostAtOnce, named: "ssh -G", destinations, answer)
    let known = Dictionary(zip(destinations, answers)) { first, _ in first }
    // Jumps are destinations too, which are known only from these answers.
    var hosts = JumpHosts(fleet) { known[$0] ?? answer($0) }
    return hosts.reachedThrough()
  }

  /// - Parameter ask: returns the output of `ssh -G` for a destination.
  init(_ fleet: Fleet, ask: @escaping (String) -> String) {
    self.fleet = fleet
    self.ask = ask
  }

  /// For each host of the fleet that ssh reaches through other hosts of it: those hosts.
  mutating func reachedThrough() -> [String: [String]] {
    var reachedThrough: [String: [String]] = [:]
    for host in fleet.hosts {
      var through: [String] = []
      for jump in path(to: host.ssh, atMost: 8) {
        guard let name = name(ofJump: jump), name != host.name, !through.contains(name) else { continue }
        through.append(name)
      }
      if !through.isEmpty { reachedThrough[host.name] = through }
    }
    return reachedThrough
  }

  /// The jumps to a destination. ssh uses the first jump's own configuration to reach it, and reaches each further jump
  /// through the ones before it.
  private mutating func path(to destination: String, atMost depth: Int) -> [String] {
    let jumps = configuration(of: destination).jumps
    guard let first = jumps.first, depth > 0 else { return [] }
    return path(to: first, atMost: depth - 1) + jumps
  }

  private mutating func name(ofJump jump: String) -> String? {
    if let name = names[jump] { return name }
    let name = findName(ofJump: jump)
    names.updateValue(name, forKey: jump)
    return name
  }

  private mutating func findName(ofJump jump: String) -> String? {
    if let host = fleet.host(called: Self.host(ofJump: jump)) { return host.name }
    // Two aliases of the client's configuration may have the same address.
    let hostname = configuration(of: jump).hostname
    if hostname.isEmpty { return nil }
    if let host = fleet.host(called: hostname) { return host.name }
    let same = fleet.hosts.filter { configuration(of: $0.ssh).hostname == hostname }
    return same.count == 1 ? same[0].name : nil
  }

  private mutating func configuration(of destination: String) -> Configuration {
    if let configuration = known[destination] { return configuration }
    var configuration = Configuration()
    for line in ask(destination).split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else { continue }
      switch words[0] {
      case "hostname": configuration.hostname = words[1]
      case "proxyjump" where words[1] != "none":
        configuration.jumps = words[1].split(separator: ",").map(Self.destination(ofJump:))
      default: break
      }
    }
    known[destination] = configuration
    return configuration
  }

  /// `[user@]host[:port]` or a URL, as in ProxyJump, in the form that ssh accepts as its destination.
  private static func destination(ofJump jump: Substring) -> String {
    let isURL = jump.hasPrefix("ssh://")
    let host = jump.split(separator: "@").last ?? jump
    if isURL || !host.contains(":") { return String(jump) }
    // ssh doesn't accept an IPv6 address in a URL. The port doesn't change which host is meant.
    guard host.hasPrefix("["), let end = jump.lastIndex(of: "]") else { return "ssh://\(jump)" }
    return jump[..<end].filter { $0 != "[" }
  }

  private static func host(ofJump jump: String) -> String {
    Fleet.Host(name: "", ssh: jump, links: [:]).sshHost
  }
}
