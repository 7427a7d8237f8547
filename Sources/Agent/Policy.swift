import Faults
import Glibc
import Linux
import Netlink
import Scenario

/// What a host allows: `/etc/murphy/agent.json`. A host without one refuses all faults.
///
///     {"faults": ["host.*", "vm.freeze"], "links": ["eth0", "eth1"], "domains": ["*"], "longest-lease": "10m"}
///
/// Each of its lists allows names of one kind of resource, and a fault needs all kinds that it touches to be allowed.
package struct Policy: Equatable, Sendable {
  /// The allowed faults, by name, where `*` at the end matches any rest.
  package var faults: [String]
  /// What may be touched of each kind of resource. A kind without a list refuses what touches it.
  package var allowed: [Resource.Kind: [String]]
  /// The faults that may leave damage that nothing brings back, by name, as in `faults`.
  package var damage: [String] = []
  /// The commands that views may run, as `text(of:)` writes them.
  package var commands: [String] = []
  /// The longest lease.
  package var longestLease: Nanoseconds
  /// What its author should know, a line each: nothing of it refuses a fault.
  package var warnings: [String] = []
  /// Kinds of resources that an unknown key may restrict: why no fault may touch them.
  var doubts: [Resource.Kind: String] = [:]

  /// No policy can allow more: what is held for a month is no rehearsal, and the kernel's timeouts end at 1000 days.
  static let longest = Nanoseconds.seconds(30 * 86_400)
  /// Where a host's policy lies.
  package static let path = "/etc/murphy/agent.json"

  /// The host's policy.
  ///
  /// - Throws: `PolicyRefused` where there is none or it can't be read.
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

  /// The agent's own user counts as root. Only in tests it is another user.
  private static func isRootsAlone(_ part: stat) -> Bool {
    (part.st_uid == 0 || part.st_uid == geteuid()) && part.st_mode & 0o022 == 0
  }

  /// What of a fault this host doesn't allow, a line each.
  ///
  /// - Parameter present: the host's links. A name in the fault or in the policy may be an alternative one of a link; a
  ///   pattern is compared with the link's own name alone.
  /// - Parameter file: the policy's, for messages.
  package func refusals(
    of order: FaultOrder, duration: Nanoseconds, among present: [Link] = [], file: String = Policy.path
  ) -> [String] {
    var lines: [String] = []
    if !allows(fault: order.name) { lines.append("fault \(order.name)") }
    if order.fault.reversal == .damage, !damage.contains(where: { Self.matches($0, order.name) }) {
      lines.append(
        "damage by \(order.name), which nothing brings back (\(order.fault.undoing)): name it in \"damage\"")
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

  /// Whether a fault of that name is allowed, on whatever it touches.
  package func allows(fault name: String) -> Bool { faults.contains { Self.matches($0, name) } }

  static func matches(_ pattern: String, _ name: String) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
  }
}

/// Why a host allows nothing.
package struct PolicyRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// What, where, and what to write.
  package var description: String
  init(_ description: String) { self.description = description }
}
