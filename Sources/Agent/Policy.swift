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
        .noFile,
        "\(path): no such file: this host allows no fault. Install the one that murphy init "
          + "wrote for it, or allow all with \(Resource.Kind.policyAllowingAll())"
      )
    } catch {
      throw PolicyRefused(.unreadable, "\(path): \(error)")
    }
  }

  /// Reads a file after a check that only root can write or replace it. If other users could, they would decide what
  /// the host allows.
  private static func readOwned(_ path: String) throws -> [UInt8] {
    let file = try Descriptor(open: path, O_RDONLY | O_NONBLOCK)
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var found = stat()
    try checked("fstat", path) { fstat(file.number, &found) }
    guard found.st_mode & S_IFMT == S_IFREG else {
      throw PolicyRefused(.notRegular, "\(path): not a regular file")
    }
    var above = stat()
    try checked("stat", folder) { stat(folder, &above) }
    for (name, part) in [(path, found), (folder, above)] where !isRootsAlone(part) {
      throw PolicyRefused(
        .writableByOthers,
        "\(name): of user \(part.st_uid), mode 0\(String(part.st_mode & 0o7777, radix: 8)): others than root can "
          + "change what this host allows; run chown root \(name) && chmod go-w \(name)")
    }
    return try DurableFile.read(path)
  }

  /// The agent's own user counts as root. Only tests run the agent as another user.
  private static func isRootsAlone(_ part: stat) -> Bool {
    (part.st_uid == 0 || part.st_uid == geteuid()) && part.st_mode & 0o022 == 0
  }

  /// The parts of a fault that this host doesn't allow.
  ///
  /// - Parameter present: the host's links. A name in the fault or in the policy may be an alternative name of a link.
  ///   A pattern matches only a link's primary name.
  package func refusals(
    of order: FaultOrder, duration: Nanoseconds, among present: [Link] = []
  ) -> [Denial] {
    var denials: [Denial] = []
    if !allows(fault: order.name) { denials.append(.fault(order.name)) }
    if order.fault.reversal == .damage, !damage.contains(where: { Self.matches($0, order.name) }) {
      denials.append(.damage(order.name, undoing: order.fault.undoing))
    }
    for kind in Resource.Kind.allCases {
      for name in order.fault.footprint.names(of: kind) {
        let link = kind == .link ? present.named(name) : nil
        let own = link?.name ?? name
        let isAllowed = (allowed[kind] ?? []).contains {
          Self.matches($0, own) || link?.names.contains($0) ?? false
        }
        if isAllowed { continue }
        denials.append(.resource(kind, own, alias: own == name ? nil : name, isListed: allowed[kind] != nil))
      }
    }
    if duration > longestLease { denials.append(.duration(duration, longest: longestLease)) }
    let touched = Set(order.fault.footprint.map(\.kind))
    return denials
      + Resource.Kind.allCases.filter(touched.contains).compactMap { doubts[$0].map(Denial.doubt) }
  }

  /// A part of a fault that a policy doesn't allow.
  package enum Denial: Equatable, Sendable, CustomStringConvertible {
    /// The fault, by its name.
    case fault(String)
    /// The permanent damage of a fault, with the fault's own words about it.
    case damage(String, undoing: String)
    /// A resource. `alias` is its other name in the fault. Not listed, if the policy has no list of the kind.
    case resource(Resource.Kind, String, alias: String?, isListed: Bool)
    /// The duration of a lease.
    case duration(Nanoseconds, longest: Nanoseconds)
    /// An unknown key may restrict a kind of resource: the policy's warning about it.
    case doubt(String)

    package var description: String {
      switch self {
      case .fault(let name): "fault \(name)"
      case .damage(let name, let undoing):
        "damage by \(name), which nothing repairs (\(undoing)): name it in \"damage\""
      case .resource(let kind, let name, let alias, let isListed):
        "\(kind.rawValue) \(name)" + (alias.map { " (\($0))" } ?? "")
          + (isListed ? "" : ": add it to \"\(kind.policyKey)\", which is missing")
      case .duration(let duration, let longest): "a lease of \(duration) (the longest is \(longest))"
      case .doubt(let warning): warning
      }
    }

    /// The line for a refusal. `file` is the policy's path.
    func line(of file: String) -> String {
      if case .doubt = self { description } else { "\(file) doesn't allow \(self)" }
    }
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
  /// A mistake.
  package struct Finding: Equatable, Sendable {
    package var kind: Kind
    /// The line in the file; nil if it has none.
    package var line: Int?
    /// The file, the reason and the next step.
    package var text: String
  }

  package enum Kind: Sendable {
    case noFile, notRegular, writableByOthers, unreadable
    /// The text isn't JSON.
    case syntax
    case unknownKey, missingKey, duplicateKey
    /// A value of another type, or out of its range.
    case value
    /// The file is of another version.
    case version
  }

  package var findings: [Finding]

  init(_ findings: [Finding]) { self.findings = findings }

  init(_ kind: Kind, line: Int? = nil, _ text: String) {
    findings = [Finding(kind: kind, line: line, text: text)]
  }

  package var description: String { findings.map(\.text).joined(separator: "; ") }
}
