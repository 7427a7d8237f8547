import FoundationEssentials
import FoundationXML
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
      let peers = try XMLAnswer(pool, from: "gluster pool list").nodes("//peerStatus/peer")
      self.peers = peers.count
      peersConnected = peers.count { $0.text("connected") == "1" }
      for brick in try XMLAnswer(heal, from: "gluster volume heal info").nodes("//healInfo/bricks/brick") {
        bricks += 1
        if brick.text("status") == "Connected" { bricksOnline += 1 }
        // A brick that can't be reached says '-'. An entry is listed by each brick that holds it against another: the
        // longest list is nearest to the count of entries.
        healBacklog = max(healBacklog, Int(brick.text("totalNumberOfEntries")) ?? 0)
        splitBrain = max(splitBrain, Int(brick.text("numberOfEntriesInSplitBrain")) ?? 0)
      }
    } catch {
      unknown = "\(error)"
    }
  }
}

extension ManagerState {
  /// Pacemaker's belief, from what `crm_mon --output-as=xml` says.
  public init(pacemaker output: String) {
    do {
      let answer = try XMLAnswer(output, from: "crm_mon")
      var state = ManagerState()
      state.quorate = try answer.nodes("//summary/current_dc[@with_quorum='true']").count == 1
      for node in try answer.nodes("//nodes/node") {
        let word = ["unclean", "pending", "standby", "maintenance"].first { node.attribute($0) == "true" }
        state.nodes[node.attribute("name")] =
          word ?? (node.attribute("online") == "true" ? "online" : "offline")
      }
      for resource in try answer.nodes("//resources//resource") {
        let places = try resource.nodes(forXPath: "node").compactMap { $0 as? XMLElement }.map {
          $0.attribute("name")
        }
        state.resources[resource.attribute("id")] = Resource(
          role: resource.attribute("role"), nodes: places.sorted(),
          failed: resource.attribute("failed") == "true",
          blocked: resource.attribute("blocked") == "true")
      }
      self = state
    } catch {
      self.init(unknown: "\(error)")
    }
  }
}

/// A tool's answer in XML.
private struct XMLAnswer {
  let document: XMLDocument

  init(_ text: String, from tool: String) throws {
    do {
      document = try XMLDocument(data: Data(text.utf8))
    } catch {
      throw AnswerUnclear(
        tool: tool, reason: text.isEmpty ? "no answer in time" : "not understood: \(text.prefix(120))")
    }
    // Gluster puts its refusals into the answer.
    if let code = try nodes("//opRet").first?.stringValue, code != "0" {
      throw AnswerUnclear(
        tool: tool, reason: try nodes("//opErrstr").first?.stringValue ?? "refused with \(code)")
    }
    if let status = try nodes("/pacemaker-result/status").first, status.attribute("code") != "0" {
      throw AnswerUnclear(
        tool: tool, reason: try nodes("//errors/error").first?.stringValue ?? status.attribute("message"))
    }
  }

  func nodes(_ path: String) throws -> [XMLElement] {
    try document.nodes(forXPath: path).compactMap { $0 as? XMLElement }
  }
}

private struct AnswerUnclear: Error, CustomStringConvertible {
  var tool: String
  var reason: String
  var description: String { "\(tool): \(reason)" }
}

extension XMLElement {
  fileprivate func text(_ child: String) -> String { elements(forName: child).first?.stringValue ?? "" }
  fileprivate func attribute(_ name: String) -> String { attribute(forName: name)?.stringValue ?? "" }
}
