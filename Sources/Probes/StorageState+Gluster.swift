import Journal

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
