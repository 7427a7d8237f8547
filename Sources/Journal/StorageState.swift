/// What storage believes.
package struct StorageState: Codable, Equatable, Sendable {
  /// Why bricks and entries could not be told; nil where all of it is true. Peers may be known all the same.
  package var unknown: String?
  /// Bricks online.
  package var bricksOnline: Int
  /// Bricks in all.
  package var bricks: Int
  /// Peers connected, as the most connected host that answered sees them, itself included.
  package var peersConnected: Int
  /// Peers in all, itself included.
  package var peers: Int
  /// The peers that aren't connected, by storage's own names for them; nil where all are, or their names aren't known.
  package var disconnected: [String]?
  /// Whether each brick is online, by storage's own names: `10.77.1.11:/bricks/vms`; nil where they aren't known.
  package var bricksByName: [String: Bool]?
  /// Entries yet to be healed.
  package var healBacklog: Int
  /// Entries in split-brain.
  package var splitBrain: Int

  /// A belief of these parts.
  package init(
    unknown: String? = nil, bricksOnline: Int = 0, bricks: Int = 0, peersConnected: Int = 0, peers: Int = 0,
    disconnected: [String]? = nil, bricksByName: [String: Bool]? = nil, healBacklog: Int = 0,
    splitBrain: Int = 0
  ) {
    self.unknown = unknown
    self.bricksOnline = bricksOnline
    self.bricks = bricks
    self.peersConnected = peersConnected
    self.peers = peers
    self.disconnected = disconnected
    self.bricksByName = bricksByName
    self.healBacklog = healBacklog
    self.splitBrain = splitBrain
  }

  /// Whether a copy is known to be missing or behind; where not all could be told, by the peers alone.
  package var isDegraded: Bool { peersConnected < peers || unknown == nil && !isWhole }

  /// Whether every copy is there and nothing is left to heal.
  package var isWhole: Bool {
    unknown == nil && bricks > 0 && bricksOnline == bricks && peersConnected == peers && healBacklog == 0
      && splitBrain == 0
  }
}
