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

  /// Only tools that need no cluster-wide lock: one that needs it fails while a peer is offline, and blocks others.
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

  /// Refuses names that gluster would not accept for a volume, above all options: gluster parses options anywhere
  /// among its arguments, and some name files that it writes.
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
  /// Gluster's belief of a volume, from the output of `gluster --xml` for `pool list` and `volume heal … info
  /// summary`.
  ///
  /// A brick counts as online if the heal's own client reached it: on the path of a guest's data, and without the
  /// cluster lock that `volume status` takes. Without an answer for the heal, bricks are unknown, and peers are still
  /// reported.
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
        // A brick that can't be reached reports '-'. Each brick lists the entries that it must heal on another one:
        // the longest list is nearest to the number of entries.
        healBacklog = max(healBacklog, Int(brick.text(of: "totalNumberOfEntries")) ?? 0)
        splitBrain = max(splitBrain, Int(brick.text(of: "numberOfEntriesInSplitBrain")) ?? 0)
      }
    } catch {
      unknown = "\(error)"
    }
  }
}
