package struct StorageState: Codable, Equatable, Sendable {
  /// Why bricks and entries are not known; nil if all properties are valid. Peers may be known in any case.
  package var unknown: String?
  package var bricksOnline: Int
  /// All bricks.
  package var bricks: Int
  /// Connected peers, as the best connected host that answered reports them, itself included.
  package var peersConnected: Int
  /// All peers, itself included.
  package var peers: Int
  /// The peers that aren't connected, by the storage's own names; nil if all are connected or names aren't known.
  package var disconnected: [String]?
  /// Whether each brick is online, by the storage's own names: `10.77.1.11:/bricks/vms`; nil if names aren't known.
  package var bricksByName: [String: Bool]?
  /// Entries that are not healed yet.
  package var healBacklog: Int
  /// Entries in split-brain.
  package var splitBrain: Int

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

  /// Whether a copy of the data is missing or outdated; nil if the state of the copies is not known.
  package var lacksCopy: Bool? {
    unknown == nil ? bricksOnline < bricks || healBacklog > 0 || splitBrain > 0 : nil
  }

  /// Whether a replica is known to be missing or outdated; if not everything is known, judged by the peers only.
  package var isDegraded: Bool { peersConnected < peers || unknown == nil && !isWhole }

  /// Whether every replica is online and nothing remains to be healed.
  package var isWhole: Bool {
    unknown == nil && bricks > 0 && bricksOnline == bricks && peersConnected == peers && healBacklog == 0
      && splitBrain == 0
  }
}
