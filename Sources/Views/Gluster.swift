import Journal
import Scenario

/// Gluster's view of a volume: bricks, peers, heal backlog, split-brain.
package struct Gluster: ViewKind {
  package let key = "gluster"
  package let summary = "Gluster's view of this volume"
  package let parameter: ViewParameter? = ViewParameter(
    name: "volume", summary: "the volume", form: .text, isRequired: true)
  package let form = Belief.Form.storage

  package init() {}

  /// Only tools that need no lock of the whole cluster: one that does fails while a peer is gone, and blocks others.
  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let volume = spec.text("volume") ?? ""
    try Self.checkVolume(volume)
    return .tools([
      ["gluster", "--mode=script", "--xml", "pool", "list"],
      ["gluster", "--mode=script", "--xml", "volume", "heal", volume, "info", "summary"],
    ])
  }

  package func belief(_ answers: [String], _ spec: ViewSpec) -> Belief {
    guard answers.count == 2 else { return Belief(form, unknown: "\(answers.count) answers instead of 2") }
    return .storage(StorageState(glusterPool: answers[0], heal: answers[1]))
  }

  /// Refuses what gluster would not take for a volume's name, an option above all: it finds those anywhere among its
  /// arguments, and some name files that it writes.
  package static func checkVolume(_ name: String) throws(ViewRefused) {
    let isName = name.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-")
    }
    guard isName, !name.isEmpty, !name.hasPrefix("-"), name.utf8.count <= 255 else {
      throw ViewRefused("'\(name.prefix(40))' can't be a volume's name: letters, digits, - and _")
    }
  }
}

extension StorageState {
  /// Gluster's belief of a volume, from what `gluster --xml` says to `pool list` and `volume heal … info summary`.
  ///
  /// A brick counts as online where the heal's own client reached it: by the way that a guest's data goes, and without
  /// the cluster's lock that `volume status` takes. Where the heal's answer doesn't come, bricks are unknown, and peers
  /// are told all the same.
  package init(glusterPool pool: String, heal: String) {
    self.init()
    do {
      let peers = try answer(pool, from: "gluster pool list").all("peer")
      self.peers = peers.count
      peersConnected = peers.count { $0.text(of: "connected") == "1" }
      let gone = peers.filter { $0.text(of: "connected") != "1" }.map { $0.text(of: "hostname") }
      if !gone.isEmpty { disconnected = gone }
      for brick in try answer(heal, from: "gluster volume heal info").all("brick") {
        let isOnline = brick.text(of: "status") == "Connected"
        bricks += 1
        if isOnline { bricksOnline += 1 }
        bricksByName = (bricksByName ?? [:]).merging([brick.text(of: "name"): isOnline]) { $0 && $1 }
        // A brick that can't be reached says '-'. An entry is listed by each brick that holds it against another: the
        // longest list is nearest to the count of entries.
        healBacklog = max(healBacklog, Int(brick.text(of: "totalNumberOfEntries")) ?? 0)
        splitBrain = max(splitBrain, Int(brick.text(of: "numberOfEntriesInSplitBrain")) ?? 0)
      }
    } catch {
      unknown = "\(error)"
    }
  }
}
