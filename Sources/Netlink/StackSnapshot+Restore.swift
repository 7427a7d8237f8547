import Glibc

extension StackSnapshot {
  /// Restores the stack. It is idempotent: it may be called again at any time, and a second call changes nothing.
  ///
  /// It sets the links up or down as before, the lower ones first. Then it adds the IPv6 addresses, qdiscs, neighbours,
  /// nexthop objects and routes that are missing, in their order. Additions and changes of other programs are kept.
  /// After a failure the other parts are still restored, and all failures are reported at the end.
  ///
  /// - Parameter held: the indexes of links that another lease cut. They stay down, or are set down again if the kernel
  ///   set them up with a link of this stack. Parts that need them are left to that lease.
  package func restore(
    leaving held: Set<Int32> = [], using socket: RouteSocket
  ) throws(StackRestoreError) {
    var errors: [NetlinkError] = []
    for _ in 0..<Self.mostRounds {
      errors = []
      do throws(NetlinkError) {
        let listed = Set(try socket.links().map(\.index))
        errors = restoreOnce(held, socket)
        // A link that disappeared after it was listed needs nothing: restore the rest, without it.
        if errors.contains(where: { $0.code == ENODEV }),
          !listed.isSubset(of: Set(try socket.links().map(\.index)))
        {
          continue
        }
      } catch {
        errors.append(error)
      }
      break
    }
    if !errors.isEmpty { throw StackRestoreError(errors: errors) }
  }

  private func restoreOnce(_ held: Set<Int32>, _ socket: RouteSocket) -> [NetlinkError] {
    var errors: [NetlinkError] = []
    restoreLinks(held, socket, &errors)
    do throws(NetlinkError) {
      var present = Present(state: try NetworkState(links: socket.links()), held: held)
      present.state.addresses = try socket.addresses(of: present.state.links)
      present.state.qdiscs = try socket.qdiscs()
      present.state.neighbours = try socket.neighbours(of: present.state.links)
      _ = perform(settingRepairs(present), socket, &errors)
      if !twins.isEmpty {
        present.state.routes = try socket.routes()
        _ = perform(twinRepairs(present), socket, &errors)
      }
      errors += try restoreRoutes(held, socket)
      errors += try restoreReadiness(held, socket)
    } catch {
      errors.append(error)
    }
    return errors
  }

  /// The parts that are missing and could be restored, one line each; empty after a successful restoration.
  package func missing(leaving held: Set<Int32> = [], using socket: RouteSocket) throws(NetlinkError)
    -> [String]
  {
    let present = Present(state: try NetworkState.read(using: socket), held: held)
    let names = Dictionary(present.state.links.map { ($0.index, $0.name) }) { first, _ in first }
    let repairs =
      linkRepairs(present) + readinessRepairs(present) + settingRepairs(present) + routeRepairs(present)
    return repairs.filter { !$0.isOfMeaninglessOrder }.map { $0.words { names[$0] ?? name($0) } }
  }

  /// Sets the links up or down one by one, reading each link's state first: the kernel sets VLANs up with the link
  /// below.
  private func restoreLinks(_ held: Set<Int32>, _ socket: RouteSocket, _ errors: inout [NetlinkError]) {
    var present = Present(state: NetworkState(), held: held)
    do throws(NetlinkError) {
      present.state.links = try socket.links()
    } catch {
      errors.append(error)
      return
    }
    if links.contains(where: { entry in linkRepairs(of: entry, present).contains(where: \.setsUp) }) {
      _ = perform(precautions(present), socket, &errors)
    }
    for entry in links where entry.loss == .everything {
      guard let index = present.state.links.firstIndex(where: { $0.index == entry.link.index }) else {
        continue
      }
      do throws(NetlinkError) {
        present.state.links[index] = try socket.link(.index(entry.link.index))
        for repair in linkRepairs(of: entry, present) { try repair.perform(using: socket) }
        present.state.links[index] = try socket.link(.index(entry.link.index))
      } catch {
        // A link that disappeared since it was listed is treated as gone.
        if error.code != ENODEV { errors.append(error) }
      }
    }
  }

  /// Adds routes and nexthop objects for as long as that makes progress: a gateway may itself be reached by a route
  /// that is not added yet. Returns what the kernel refused in the last round.
  private func restoreRoutes(
    _ held: Set<Int32>, _ socket: RouteSocket
  ) throws(NetlinkError) -> [NetlinkError] {
    var errors: [NetlinkError] = []
    var rounds = 0
    var waits = 0
    while true {
      var present = Present(state: try NetworkState(links: socket.links()), held: held)
      present.state.addresses = try socket.addresses(of: present.state.links)
      present.state.routes = try socket.routes()
      present.state.nextHops = try socket.nextHops()
      let repairs = routeRepairs(present)
      errors = []
      if repairs.isEmpty { return [] }
      let hasChanged = perform(repairs, socket, &errors)
      rounds += 1
      // The limit is for a route that the kernel accepts and then shows differently.
      if hasChanged, rounds < Self.mostRounds { continue }
      // The kernel accepts nexthop objects only for a link with a carrier, and a cable may need seconds to get one.
      guard waits < Self.mostWaits, errors.contains(where: \.isOfNextHopWithoutCarrier)
      else { return errors }
      waits += 1
      rounds = 0
      usleep(Self.waitMicroseconds)
    }
  }

  /// Waits until the links that need it are ready, and restores the remaining parts.
  private func restoreReadiness(
    _ held: Set<Int32>, _ socket: RouteSocket
  ) throws(NetlinkError) -> [NetlinkError] {
    guard links.contains(where: \.hasPartsOfReadiness) else { return [] }
    var errors: [NetlinkError] = []
    for _ in 0..<Self.mostWaits {
      let present = try readiness(held, socket)
      _ = perform(readinessRepairs(present, ifReady: true), socket, &errors)
      if !errors.isEmpty || !links.contains(where: { isAwaited($0, present) }) { break }
      usleep(Self.waitMicroseconds)
    }
    // Repeated because of the kernel's changes to links that did not become ready.
    for _ in 0..<2 { _ = perform(readinessRepairs(try readiness(held, socket)), socket, &errors) }
    return errors
  }

  private func readiness(_ held: Set<Int32>, _ socket: RouteSocket) throws(NetlinkError) -> Present {
    var present = Present(state: try NetworkState(links: socket.links()), held: held)
    present.state.addresses = try socket.addresses(of: present.state.links)
    return present
  }

  private static let mostRounds = 8
  /// Five seconds in total.
  private static let mostWaits = 1000
  private static let waitMicroseconds: UInt32 = 5000

  /// Sends the requests. False if none succeeded.
  private func perform(
    _ repairs: [Repair], _ socket: RouteSocket, _ errors: inout [NetlinkError]
  ) -> Bool {
    var hasChanged = false
    for repair in repairs {
      do throws(NetlinkError) {
        try repair.perform(using: socket)
        hasChanged = true
      } catch {
        errors.append(error)
      }
    }
    return hasChanged
  }
}

extension NetlinkError {
  fileprivate var isOfNextHopWithoutCarrier: Bool { operation == "add nexthop" && code == ENETDOWN }
}

/// Some parts of a stack could not be restored; the others were.
package struct StackRestoreError: Error, Sendable, Hashable, CustomStringConvertible {
  package var errors: [NetlinkError]

  package var description: String {
    "not everything was restored: " + errors.map(\.description).joined(separator: "; ")
  }
}
