import Glibc

/// A link with all that setting it down makes the kernel forget, at one instant.
///
/// It can be written to disk as JSON before the link is touched, and restored from there by another
/// process. Left out is what the kernel makes by itself and will make again: its own routes in the
/// local table, IPv6's temporary privacy addresses, and neighbours that it learned. Not recorded either:
/// classes and filters of qdiscs, which survive the link's being down but not the qdisc's being deleted.
public struct LinkSnapshot: Sendable, Hashable, Codable {
  /// The link itself.
  public var link: Link
  /// Its addresses, in the kernel's order.
  public var addresses: [InterfaceAddress]
  /// The routes through it, of all tables.
  public var routes: [Route]
  /// Its qdiscs, the outermost first.
  public var qdiscs: [Qdisc]
  /// Its permanent neighbours.
  public var neighbours: [Neighbour] = []

  /// Reads the state of a link. Throws ENODEV where there is none.
  public static func take(
    of selector: LinkSelector, using socket: RouteSocket
  ) throws(NetlinkError) -> LinkSnapshot {
    let link = try socket.link(selector)
    return LinkSnapshot(
      link: link,
      addresses: try socket.addresses(of: link).filter { !$0.isMadeByKernelForAWhile },
      routes: try socket.routes(through: link).filter { !$0.followsFromAddresses },
      qdiscs: try socket.qdiscs(of: link),
      neighbours: try socket.neighbours(of: link))
  }

  /// Finds the link that the snapshot is of, though it may have been renamed since.
  ///
  /// The index is what stays. It is believed where the kind and either the link-layer address or the
  /// name are the same: an index can be given again, and a bridge changes its address with its ports.
  public func locate(using socket: RouteSocket) throws(LinkSnapshotError) -> Link {
    let found: Link
    do {
      found = try socket.link(.index(link.index))
    } catch  where error.code == ENODEV {
      throw .linkGone(link)
    } catch {
      throw .incomplete(link: link.name, [error])
    }
    guard found.kind == link.kind, found.address == link.address || found.name == link.name else {
      throw .linkGone(link)
    }
    return found
  }
}

/// Why a link could not be made as it was.
public enum LinkSnapshotError: Error, Sendable, Hashable, Codable {
  /// There is no link with the snapshot's index, or another one has it now.
  case linkGone(Link)
  /// What could be restored is, but the kernel refused these.
  case incomplete(link: String, [NetlinkError])
}

extension LinkSnapshotError: CustomStringConvertible {
  /// What, where, and what to do.
  public var description: String {
    switch self {
    case .linkGone(let link):
      "link \(link.name) (#\(link.index), \(link.address?.description ?? "no address")) is gone; "
        + "its addresses and routes come back with whatever makes the link"
    case .incomplete(let link, let errors):
      "link \(link) is not quite as it was: " + errors.map(\.description).joined(separator: "; ")
    }
  }
}

extension InterfaceAddress {
  fileprivate var isMadeByKernelForAWhile: Bool { prefix.family == .ipv6 && flags.contains(.temporary) }
}

extension Route {
  /// True for the kernel's own entries of the local table: it makes and drops them with a link's addresses.
  public var followsFromAddresses: Bool { table == .local && origin == .kernel }
}
