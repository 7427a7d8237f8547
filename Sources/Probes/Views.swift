import Journal

extension StorageState {
  /// Gluster's belief of a volume, from what `gluster --xml` says to `pool list` and `volume heal … info summary`.
  ///
  /// A brick counts as online where the heal's own client reached it: by the way that a guest's data goes, and without
  /// the cluster's lock that `volume status` takes. Where the heal's answer doesn't come, bricks are unknown, and peers
  /// are told all the same.
  public init(glusterPool pool: String, heal: String) {
    self.init()
    do {
      let peers = try answer(pool, from: "gluster pool list").all("peer")
      self.peers = peers.count
      peersConnected = peers.count { $0.text(of: "connected") == "1" }
      let gone = peers.filter { $0.text(of: "connected") != "1" }.map { $0.text(of: "hostname") }
      if !gone.isEmpty { disconnected = gone }
      for brick in try answer(heal, from: "gluster volume heal info").all("brick") {
        bricks += 1
        if brick.text(of: "status") == "Connected" { bricksOnline += 1 }
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

extension ManagerState {
  /// Pacemaker's belief, from what `crm_mon --output-as=xml` says.
  public init(pacemaker output: String) {
    self.init()
    do {
      let said = try answer(output, from: "crm_mon")
      quorate = said.all("current_dc").contains { $0.attribute("with_quorum") == "true" }
      for node in said.all("nodes").flatMap(\.children) where node.name == "node" {
        let word = ["unclean", "pending", "standby", "maintenance"].first { node.attribute($0) == "true" }
        nodes[node.attribute("name")] = word ?? (node.attribute("online") == "true" ? "online" : "offline")
      }
      for resource in said.all("resources").flatMap({ $0.all("resource") }) {
        let places = resource.children.filter { $0.name == "node" }.map { $0.attribute("name") }
        resources[resource.attribute("id")] = Resource(
          role: resource.attribute("role"), nodes: places.sorted(),
          failed: resource.attribute("failed") == "true",
          blocked: resource.attribute("blocked") == "true")
      }
    } catch {
      unknown = "\(error)"
    }
  }
}

/// A tool's answer, unless it says by its own means that it refuses.
private func answer(_ text: String, from tool: String) throws(AnswerUnclear) -> XMLTree.Element {
  if text.isEmpty { throw AnswerUnclear(tool: tool, reason: "no answer in time") }
  guard let root = XMLTree(text)?.root else {
    throw AnswerUnclear(tool: tool, reason: "not understood: \(text.prefix(120))")
  }
  // Gluster puts its refusals into the answer.
  let code = root.text(of: "opRet")
  if !code.isEmpty, code != "0" {
    let reason = root.text(of: "opErrstr")
    throw AnswerUnclear(tool: tool, reason: reason.isEmpty ? "refused with \(code)" : reason)
  }
  if let status = root.children.first(where: { $0.name == "status" }), status.attribute("code") != "0" {
    let reason = status.all("error").first?.text ?? status.attribute("message")
    throw AnswerUnclear(tool: tool, reason: reason)
  }
  return root
}

private struct AnswerUnclear: Error, CustomStringConvertible {
  var tool: String
  var reason: String
  var description: String { "\(tool): \(reason)" }
}
