import Glibc

extension LinkSnapshot {
  /// Makes the link as it was: see ``restore(_:using:)``.
  public func restore(using socket: RouteSocket) throws(LinkSnapshotError) {
    try Self.restore([self], using: socket)
  }

  /// Makes links as they were. May be called again at any time, and changes nothing the second time.
  ///
  /// Sets each link up or down as it was, makes it a port again if it is a port of nothing, and adds the
  /// addresses, qdiscs, neighbours and routes that are missing. What others added or changed in the meantime stays.
  /// A failure at one thing doesn't keep the others from being restored; all are reported at the end,
  /// the first link's where several have one.
  ///
  /// Restore links that went down together in one call: a multipath route can't be added before all of
  /// its links are up and have their addresses.
  public static func restore(
    _ snapshots: [LinkSnapshot], using socket: RouteSocket
  ) throws(LinkSnapshotError) {
    var firstError: LinkSnapshotError?
    var restorations: [Restoration] = []
    for snapshot in snapshots {
      do {
        restorations.append(Restoration(snapshot, of: try snapshot.locate(using: socket)))
      } catch {
        firstError = firstError ?? error
      }
    }
    for index in restorations.indices { restorations[index].restoreLink(using: socket) }
    // A gateway may itself be reached by a route that is yet to come: go on while that helps. The bound
    // is for a route that the kernel takes and then shows differently.
    for _ in 0..<8 {
      var hasChanged = false
      for index in restorations.indices where restorations[index].restoreRoutes(using: socket) {
        hasChanged = true
      }
      if !hasChanged { break }
    }
    for restoration in restorations { firstError = firstError ?? restoration.error }
    if let firstError { throw firstError }
  }
}

/// One link on its way back.
private struct Restoration {
  let snapshot: LinkSnapshot
  let link: Link
  private var linkErrors: [NetlinkError] = []
  private var routeErrors: [NetlinkError] = []

  init(_ snapshot: LinkSnapshot, of link: Link) {
    self.snapshot = snapshot
    self.link = link
  }

  var error: LinkSnapshotError? {
    let errors = linkErrors + routeErrors
    return errors.isEmpty ? nil : .incomplete(link: link.name, errors)
  }

  /// All but the routes.
  mutating func restoreLink(using socket: RouteSocket) {
    let was = snapshot
    let now = link
    let selector = LinkSelector.index(now.index)
    if let master = was.link.master, now.master == nil {
      attempt { () throws(NetlinkError) in try socket.setMaster(master, selector) }
    }
    if now.isUp != was.link.isUp {
      attempt { () throws(NetlinkError) in try socket.setUp(was.link.isUp, selector) }
    }
    let addresses = attempt { () throws(NetlinkError) in
      let present = Set(try socket.addresses(of: now).map(\.settled))
      return was.addresses.filter { !present.contains($0.settled) }
    }
    for address in addresses ?? [] {
      attempt { () throws(NetlinkError) in try socket.addBack(address, to: now.index) }
    }
    let qdiscs = attempt { () throws(NetlinkError) in
      let present = Set(try socket.qdiscs(of: now).map(\.settled))
      return was.qdiscs.filter { !$0.isDefault && !present.contains($0.settled) }
    }
    for qdisc in qdiscs ?? [] {
      attempt { () throws(NetlinkError) in try socket.add(qdisc, to: now.index) }
    }
    let neighbours = attempt { () throws(NetlinkError) in
      let present = Set(try socket.neighbours(of: now).map(\.key))
      return was.neighbours.filter { !present.contains($0.key) }
    }
    for neighbour in neighbours ?? [] {
      attempt { () throws(NetlinkError) in try socket.add(neighbour, to: now.index) }
    }
  }

  /// Adds the routes that are missing. False where that changed nothing.
  mutating func restoreRoutes(using socket: RouteSocket) -> Bool {
    // A link that was down had none, and can't take any.
    guard snapshot.link.isUp else { return false }
    routeErrors = []
    var hasChanged = false
    do {
      for route in snapshot.missingRoutes(among: try socket.routes(through: link)) {
        do {
          try socket.add(route, .behindOthers)
          hasChanged = true
        } catch  where error.code == EEXIST {
          // It came back in this moment, or the kernel counts another one for the same.
        } catch {
          routeErrors.append(error)
        }
      }
    } catch {
      routeErrors.append(error)
    }
    return hasChanged
  }

  @discardableResult
  private mutating func attempt<Value>(_ body: () throws(NetlinkError) -> Value) -> Value? {
    do {
      return try body()
    } catch  where error.code == EEXIST {
      return nil
    } catch {
      linkErrors.append(error)
      return nil
    }
  }
}

extension LinkSnapshot {
  /// The routes to add so that all of the snapshot's are there.
  ///
  /// IPv4 keeps or drops a multipath route as a whole. IPv6 drops the one nexthop whose link goes down, and
  /// refuses a request that names one which is still there: so each of its nexthops is added by itself.
  func missingRoutes(among present: [Route]) -> [Route] {
    let settled = Set(present.map(\.settled))
    return routes.filter { !settled.contains($0.settled) }.flatMap { route -> [Route] in
      guard route.family == .ipv6, route.nextHops.count > 1 else { return [route] }
      let others = present.filter { $0.settled.isSame(butForNextHopsAs: route.settled) }.flatMap(\.nextHops)
      return route.nextHops.filter { !others.contains($0) }.map { hop in
        var part = route
        part.nextHops = [hop]
        return part
      }
    }
  }
}

extension Neighbour {
  /// What the kernel has one entry for: another one with it is somebody's newer word.
  fileprivate var key: [String] { ["\(address)", "\(isProxy)"] }
}

extension Route {
  fileprivate func isSame(butForNextHopsAs other: Route) -> Bool {
    var copy = self
    copy.nextHops = other.nextHops
    return copy == other
  }
}
