import Journal

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
