import Faults
import FoundationEssentials
import Glibc
import Linux
import Scenario

/// What a host allows to be done to it: `/etc/murphy/agent.json`. A host without one refuses all faults.
///
///     {"faults": ["host.*", "vm.freeze"], "links": ["eth0", "eth1"], "domains": ["*"], "longest-lease": "10m"}
public struct Policy: Codable, Equatable, Sendable {
  /// The faults allowed, by name, where `*` stands for any rest.
  public var faults: [String]
  /// The links that may be cut.
  public var links: [String]
  /// The domains that may be stopped.
  public var domains: [String]
  /// The longest lease.
  public var longestLease: Nanoseconds

  /// No policy can allow more: what is held for a month is no rehearsal, and the kernel's timeouts end at 1000 days.
  static let longest = Nanoseconds.seconds(30 * 86_400)
  /// Where a host's policy lies.
  public static let path = "/etc/murphy/agent.json"

  private enum Key: String, CodingKey, CaseIterable {
    case faults, links, domains
    case longestLease = "longest-lease"
  }

  /// Reads a policy; every key is required and no other is known, so that a misspelt one can't widen it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    faults = try container.decode([String].self, forKey: .faults)
    links = try container.decode([String].self, forKey: .links)
    domains = try container.decode([String].self, forKey: .domains)
    let text = try container.decode(String.self, forKey: .longestLease)
    guard let span = Nanoseconds(text), span > .zero, span <= Self.longest else {
      throw DecodingError.dataCorruptedError(
        forKey: .longestLease, in: container,
        debugDescription: "'\(text)' is no span of time up to \(Self.longest); write 10m, say"
      )
    }
    longestLease = span
  }

  /// Writes a policy as files have it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(faults, forKey: .faults)
    try container.encode(links, forKey: .links)
    try container.encode(domains, forKey: .domains)
    try container.encode(longestLease.description, forKey: .longestLease)
  }

  /// The host's policy.
  ///
  /// - Throws: `PolicyRefused` where there is none or it can't be read.
  public static func read(_ path: String = Policy.path) throws(PolicyRefused) -> Policy {
    do {
      let bytes = Data(try readOwned(path))
      let known = Set(Key.allCases.map(\.rawValue))
      let keys = try JSONDecoder().decode([String: AnyValue].self, from: bytes).keys
      if let stray = keys.sorted().first(where: { !known.contains($0) }) {
        throw PolicyRefused(
          "\(path): unknown key '\(stray)'; known are \(known.sorted().joined(separator: ", "))")
      }
      return try JSONDecoder().decode(Policy.self, from: bytes)
    } catch let error as PolicyRefused {
      throw error
    } catch let error as SystemError where error.errno == 2 {
      throw PolicyRefused(
        "\(path): no such file: this host allows no fault. To allow some, write "
          + #"{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}"#)
    } catch {
      throw PolicyRefused("\(path): \(error)")
    }
  }

  /// Reads a file that root alone can have written: a policy that others can edit, or put another in place of, allows
  /// what they like.
  private static func readOwned(_ path: String) throws -> [UInt8] {
    let file = try Descriptor(open: path, O_RDONLY | O_NONBLOCK)
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var found = stat()
    try checked("fstat", path) { fstat(file.number, &found) }
    guard found.st_mode & S_IFMT == S_IFREG else { throw PolicyRefused("\(path): not a regular file") }
    var above = stat()
    try checked("stat", folder) { stat(folder, &above) }
    for (name, part) in [(path, found), (folder, above)] where !isRootsAlone(part) {
      throw PolicyRefused(
        "\(name): of user \(part.st_uid), mode 0\(String(part.st_mode & 0o7777, radix: 8)): others than root can "
          + "change what this host allows; run chown root \(name) && chmod go-w \(name)")
    }
    return try DurableFile.read(path)
  }

  /// The agent's own user stands for root: elsewhere than in tests it is no other.
  private static func isRootsAlone(_ part: stat) -> Bool {
    (part.st_uid == 0 || part.st_uid == geteuid()) && part.st_mode & 0o022 == 0
  }

  /// What of a fault this host doesn't allow, a line each.
  public func refusals(of order: FaultOrder, duration: Nanoseconds) -> [String] {
    var lines: [String] = []
    if !faults.contains(where: { Self.matches($0, order.name) }) { lines.append("fault \(order.name)") }
    for link in order.fault.links where !links.contains(where: { Self.matches($0, link) }) {
      lines.append("link \(link)")
    }
    for domain in order.fault.domains where !domains.contains(where: { Self.matches($0, domain) }) {
      lines.append("domain \(domain)")
    }
    if duration > longestLease { lines.append("a lease of \(duration) (the longest is \(longestLease))") }
    return lines.map { "\(Self.path) doesn't allow \($0)" }
  }

  private static func matches(_ pattern: String, _ name: String) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
  }

  private struct AnyValue: Codable {
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
  }
}

/// Why a host allows nothing.
public struct PolicyRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// What, where, and what to write.
  public var description: String
  init(_ description: String) { self.description = description }
}
