import Faults
import Glibc
import Linux
import Netlink
import Scenario

/// The faults that a host allows: `/etc/murphy/agent.json`. A host without this file refuses all faults.
///
///     {"faults": ["host.*", "vm.freeze"], "links": ["eth0", "eth1"], "domains": ["*"], "longest-lease": "10m"}
///
/// Each list allows names of one kind of resource. A fault needs permission for every resource that it touches.
package struct Policy: Equatable, Sendable {
  /// The allowed faults by name. A `*` at the end matches any rest.
  package var faults: [String]
  /// The allowed resources of each kind. If a kind has no list, faults that touch it are refused.
  package var allowed: [Resource.Kind: [String]]
  /// The faults that may leave permanent damage, by name, as in `faults`.
  package var damage: [String] = []
  /// The commands that views may run, as `text(of:)` writes them.
  package var commands: [String] = []
  /// The files whose records the controller may read, by path, as in `faults`.
  package var files: [String] = []
  /// The longest lease.
  package var longestLease: Nanoseconds
  /// Warnings for the policy's author, a line each. A warning refuses no fault.
  package var warnings: [String] = []
  /// The kinds of resources that an unknown key may restrict, with the reason why no fault may touch them.
  var doubts: [Resource.Kind: String] = [:]

  /// The longest lease that a policy can allow. A fault of a month is not a rehearsal, and the kernel's timeouts
  /// end at 1000 days.
  static let longest = Nanoseconds.seconds(30 * 86_400)
  /// The standard path.
  package static let path = "/etc/murphy/agent.json"

  /// Reads the host's policy.
  ///
  /// - Throws: `PolicyRefused` if the file is missing or can't be read.
  package static func read(_ path: String = Policy.path) throws(PolicyRefused) -> Policy {
    do {
      return try Policy(try readOwned(path), file: path)
    } catch let error as PolicyRefused {
      throw error
    } catch let error as SystemError where error.errno == ENOENT {
      throw PolicyRefused(
        "\(path): no such file: this host allows no fault. Install the one that murphy init "
          + "wrote for it, or allow all with \(Resource.Kind.policyAllowingAll())"
      )
    } catch {
      throw PolicyRefused("\(path): \(error)")
    }
  }

  /// Reads a file after a check that only root can write or replace it. If other users could, they would decide what
  /// the host allows.
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

  /// The agent's own user counts as root. Only tests run the agent as another user.
  private static func isRootsAlone(_ part: stat) -> Bool {
    (part.st_uid == 0 || part.st_uid == geteuid()) && part.st_mode & 0o022 == 0
  }

  /// The parts of a fault that this host doesn't allow, a line each.
  ///
  /// - Parameter present: the host's links. A name in the fault or in the policy may be an alternative name of a link.
  ///   A pattern matches only a link's primary name.
  /// - Parameter file: the policy's path, for messages.
  package func refusals(
    of order: FaultOrder, duration: Nanoseconds, among present: [Link] = [], file: String = Policy.path
  ) -> [String] {
    var lines: [String] = []
    if !allows(fault: order.name) { lines.append("fault \(order.name)") }
    if order.fault.reversal == .damage, !damage.contains(where: { Self.matches($0, order.name) }) {
      lines.append(
        "damage by \(order.name), which nothing repairs (\(order.fault.undoing)): name it in \"damage\"")
    }
    for kind in Resource.Kind.allCases {
      for name in order.fault.footprint.names(of: kind) {
        let link = kind == .link ? present.named(name) : nil
        let own = link?.name ?? name
        let isAllowed = (allowed[kind] ?? []).contains {
          Self.matches($0, own) || link?.names.contains($0) ?? false
        }
        if isAllowed { continue }
        let missing = allowed[kind] == nil ? ": add it to \"\(kind.policyKey)\", which is missing" : ""
        lines.append("\(kind.rawValue) \(own)" + (own == name ? "" : " (\(name))") + missing)
      }
    }
    if duration > longestLease { lines.append("a lease of \(duration) (the longest is \(longestLease))") }
    lines = lines.map { "\(file) doesn't allow \($0)" }
    let touched = Set(order.fault.footprint.map(\.kind))
    return lines + Resource.Kind.allCases.filter(touched.contains).compactMap { doubts[$0] }
  }

  /// Whether the controller may read the records in this file. The path must be its only name, so that a pattern for a
  /// folder allows nothing outside of it.
  package func allows(file path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    return path.hasPrefix("/") && parts.allSatisfy { !["", ".", ".."].contains($0) }
      && files.contains { Self.matches($0, path) }
  }

  /// Whether the policy allows this fault, apart from its resources.
  package func allows(fault name: String) -> Bool { faults.contains { Self.matches($0, name) } }

  static func matches(_ pattern: String, _ name: String) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
  }
}

/// Why a host allows no fault.
package struct PolicyRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, the reason and the next step.
  package var description: String
  init(_ description: String) { self.description = description }
}
