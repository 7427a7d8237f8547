import Journal
import Scenario

/// Gluster's view of a volume: bricks, peers, heal backlog, split-brain.
package struct Gluster: ViewKind {
  package let key = "gluster"
  package let summary = "Gluster's view of this volume"
  package let parameter: ViewParameter? = ViewParameter(
    name: "volume", summary: "the volume", form: .text, isRequired: true)
  package let form = Belief.Form.storage
  package let vantage = Vantage.everyHost

  package init() {}

  /// The view uses only tools that need no cluster-wide lock. A tool that needs this lock fails while a peer is offline,
  /// and blocks other tools.
  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    let volume = spec.text("volume") ?? ""
    try Self.checkVolume(volume)
    let peers = ["gluster", "--mode=script", "--xml", "pool", "list"]
    // The heal's client connects to all bricks, which is too expensive on every host every second.
    if spec.isAside { return .tools([peers]) }
    return .tools([
      peers, ["gluster", "--mode=script", "--xml", "volume", "heal", volume, "info", "summary"],
    ])
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    guard let pool = answers.first, answers.count <= 2 else {
      return Belief(form, unknown: "\(answers.count) answers instead of 2")
    }
    return .storage(StorageState(glusterPool: pool.text, heal: answers.count == 2 ? answers[1].text : nil))
  }

  package let versions = [(name: "gluster", command: ["gluster", "--version"])]

  package func configuration(_ spec: ViewSpec) throws(ViewRefused) -> [[String]] {
    let volume = spec.text("volume") ?? ""
    try Self.checkVolume(volume)
    return [["gluster", "--mode=script", "--xml", "volume", "info", volume]]
  }

  /// `gluster.VOLUME.type`, `.bricks`, and each option that is set.
  package func fingerprint(_ answers: [ViewAnswer], _ spec: ViewSpec) -> [String: String] {
    guard let volume = answers.first.flatMap({ XMLTree($0.text) })?.root.all("volume").first else {
      return [:]
    }
    let prefix = "gluster.\(spec.text("volume") ?? "")."
    var found = [
      prefix + "type": volume.text(of: "typeStr"), prefix + "bricks": volume.text(of: "brickCount"),
    ]
    for option in volume.all("option") { found[prefix + option.text(of: "name")] = option.text(of: "value") }
    return found.filter { !$0.value.isEmpty }
  }

  /// A client waits for a brick without answer for `network.ping-timeout`: 42 s if the volume doesn't set it. See
  /// https://docs.gluster.org/en/latest/Administrator-Guide/Managing-Volumes/.
  package func timers(_ fingerprint: [String: String], _ spec: ViewSpec) -> [PlatformTimer] {
    let prefix = "gluster.\(spec.text("volume") ?? "")."
    guard fingerprint[prefix + "type"] != nil else { return [] }
    let set = fingerprint[prefix + "network.ping-timeout"].flatMap(Int64.init)
    let seconds = set ?? 42
    return [
      PlatformTimer(
        reaction: .storageWaits, least: .zero, most: .seconds(seconds),
        settings: "network.ping-timeout \(seconds) s\(set == nil ? ", the default" : "")")
    ]
  }

  package let discovery: [(name: StaticString, command: StaticString)] = [
    (name: "volumes", command: "gluster --mode=script --xml volume info"),
    (name: "peers", command: "gluster --mode=script --xml pool list"),
  ]

  package func discovered(_ answers: [String: ViewAnswer]) -> ViewDiscovery {
    var found = ViewDiscovery()
    let peers = answers["peers"].flatMap { XMLTree($0.text) }?.root.all("hostname") ?? []
    found.hosts = Set(peers.map(\.text).filter { $0 != "localhost" })
    guard let root = answers["volumes"].flatMap({ XMLTree($0.text) })?.root, root.text(of: "opRet") == "0"
    else {
      return found
    }
    for volume in root.all("volume") {
      found.views.append(ViewSpec(key, ["volume": .string(volume.text(of: "name"))]))
      for brick in volume.all("brick") {
        let name = brick.text(of: "name")
        let place = name.isEmpty ? brick.text : name
        let end = place.firstRange(of: ":/")?.lowerBound
        let host = String(place[..<(end ?? place.endIndex)])
        found.dataHosts.insert(host)
        if let end { found.dataFolders[host, default: []].insert(String(place[end...].dropFirst())) }
      }
    }
    found.hosts.formUnion(found.dataHosts)
    return found
  }

  /// Refuses names that gluster would not accept for a volume. Options are the most dangerous of these: gluster parses
  /// options anywhere among its arguments, and some options name files that it writes.
  static func checkVolume(_ name: String) throws(ViewRefused) {
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
  /// Gluster's belief about a volume, from the output of `gluster --xml` for `pool list` and `volume heal … info
  /// summary`.
  ///
  /// A brick counts as online if the heal's own client reached it. That client uses the path of a guest's data, and
  /// doesn't need the cluster lock that `volume status` takes. Without an answer for the heal, bricks are unknown, and
  /// peers are still reported.
  package init(glusterPool pool: String, heal: String?) {
    self.init()
    do {
      let peers = try answer(pool, from: "gluster pool list").all("peer")
      self.peers = peers.count
      peersConnected = peers.count { $0.text(of: "connected") == "1" }
      let gone = peers.filter { $0.text(of: "connected") != "1" }.map { $0.text(of: "hostname") }
      if !gone.isEmpty { disconnected = gone }
      guard let heal else {
        unknown = "bricks are queried on only one host"
        return
      }
      for brick in try answer(heal, from: "gluster volume heal info").all("brick") {
        let isOnline = brick.text(of: "status") == "Connected"
        bricks += 1
        if isOnline { bricksOnline += 1 }
        bricksByName = (bricksByName ?? [:]).merging([brick.text(of: "name"): isOnline]) { $0 && $1 }
        // A brick that can't be reached reports '-'. Each brick lists the entries that it must heal on another one. The
        // longest list is the best estimate of the number of entries.
        healBacklog = max(healBacklog, Int(brick.text(of: "totalNumberOfEntries")) ?? 0)
        splitBrain = max(splitBrain, Int(brick.text(of: "numberOfEntriesInSplitBrain")) ?? 0)
      }
    } catch {
      unknown = "\(error)"
    }
  }
}
