/// What the manager believes.
public struct ManagerState: Codable, Equatable, Sendable {
  /// Why nothing could be told; nil where the rest is true.
  public var unknown: String?
  /// Whether the manager has quorum.
  public var quorate: Bool
  /// Nodes by name: `online`, `offline`, `unclean`, `standby`, `maintenance`, `pending`.
  public var nodes: [String: String]
  /// Resources by name: the node that runs it, and `failed`, `blocked` where it is.
  public var resources: [String: Resource]

  /// A belief of these parts.
  public init(
    unknown: String? = nil, quorate: Bool = false, nodes: [String: String] = [:],
    resources: [String: Resource] = [:]
  ) {
    self.unknown = unknown
    self.quorate = quorate
    self.nodes = nodes
    self.resources = resources
  }

  /// What the manager believes of a resource.
  public struct Resource: Codable, Equatable, Sendable {
    /// Its role: `Started`, `Stopped`, `Starting` and so on.
    public var role: String
    /// The nodes that it is said to run on.
    public var nodes: [String]
    /// Whether it is said to have failed.
    public var failed: Bool
    /// Whether the manager has given up on it.
    public var blocked: Bool

    /// A belief of these parts.
    public init(role: String, nodes: [String], failed: Bool = false, blocked: Bool = false) {
      self.role = role
      self.nodes = nodes
      self.failed = failed
      self.blocked = blocked
    }

    /// Whether it runs, on just one node, and nothing is said against it.
    public var isWell: Bool { role == "Started" && nodes.count == 1 && !failed && !blocked }
  }

  /// Whether every node is online and every resource runs on just one node.
  public var isWell: Bool {
    unknown == nil && quorate && nodes.values.allSatisfy { $0 == "online" }
      && resources.values.allSatisfy {
        $0.role == "Started" && $0.nodes.count == 1 && !$0.failed && !$0.blocked
      }
  }
}

extension ManagerState.Resource: CustomStringConvertible {
  /// `Started on dauntless`, `Stopped`, `Started on dauntless (failed, blocked)`.
  public var description: String {
    let place = nodes.isEmpty ? "" : " on \(nodes.joined(separator: ", "))"
    let marks = (failed ? ["failed"] : []) + (blocked ? ["blocked"] : [])
    return role + place + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
  }
}
