import Glibc

/// One request that restores a part of a stack. While it has not succeeded, it describes what is missing.
enum Repair: Sendable, Hashable {
  case setUp(Bool, Link)
  /// Loose binding of a VLAN: whether its administrative state follows the link below.
  case setLooseBinding(Bool, Link)
  case setAddressGeneration(AddressGeneration, Link)
  /// A link in mode dormant that was operational.
  case setOperative(Link)
  /// `use_tempaddr` of a link on which the kernel has given up making temporary addresses.
  case setTemporaryAddresses(Int32, Link)
  case setManagesTemporary(InterfaceAddress, link: Int32)
  case addAddress(InterfaceAddress, link: Int32)
  /// An address to remove and add again, so that it becomes the newest.
  case moveAddress(InterfaceAddress, link: Int32)
  case addQdisc(Qdisc, link: Int32)
  case addNeighbour(Neighbour, link: Int32)
  /// A nexthop object that is missing, or a group that has lost members.
  case addNextHop(NextHopObject, replacing: Bool)
  case addRoute(Route, RoutePlacement)
  /// A route that the kernel made when the link came up, and that had been deleted before.
  case dropRoute(Route)
  /// A route to add again in another place among routes to the same destination.
  case moveRoute(Route, RoutePlacement)
}

extension Repair {
  /// What is missing, as a line for display.
  func words(naming name: (Int32) -> String) -> String {
    switch self {
    case .setUp(let isUp, let link): "\(link.name): " + (isUp ? "was up, is now down" : "was down, is now up")
    case .setLooseBinding(let isLoose, let link): "\(link.name): loose binding was \(isLoose ? "on" : "off")"
    case .setAddressGeneration(let generation, let link):
      "\(link.name): addrgenmode was \(generation.rawValue)"
    case .setOperative(let link): "\(link.name): was operative, is now dormant"
    case .setTemporaryAddresses(let value, let link):
      "\(link.name): use_tempaddr was \(value), is now \(link.ipv6?.temporaryAddresses ?? -1)"
    case .setManagesTemporary(let address, let link):
      "\(name(link)): mngtmpaddr missing of address \(address)"
    case .addAddress(let address, let link): "\(name(link)): address missing: \(address)"
    case .moveAddress(let address, let link): "\(name(link)): address in another place: \(address)"
    case .addQdisc(let qdisc, let link): "\(name(link)): missing: \(qdisc)"
    case .addNeighbour(let neighbour, let link): "\(name(link)): neighbour missing: \(neighbour)"
    case .addNextHop(let object, replacing: false): "nexthop missing: \(object.words(naming: name))"
    case .addNextHop(let object, replacing: true):
      "nexthop group has lost members: was \(object.words(naming: name))"
    case .addRoute(let route, .inPlace):
      "\(route.owner(name))route has lost a part: was \(route.words(naming: name))"
    case .addRoute(let route, _): "\(route.owner(name))route missing: \(route.words(naming: name))"
    case .dropRoute(let route): "\(route.owner(name))route added: \(route.words(naming: name))"
    case .moveRoute(let route, _):
      "\(route.owner(name))route in another place: \(route.words(naming: name))"
    }
  }

  /// Sends the request. If the kernel reports that it is already done, that is success.
  func perform(using socket: RouteSocket) throws(NetlinkError) {
    do {
      switch self {
      case .setUp(let isUp, let link): try socket.setUp(isUp, .index(link.index))
      case .setLooseBinding(let isLoose, let link): try socket.setLooseBinding(isLoose, ofVLAN: link.index)
      case .setAddressGeneration(let generation, let link):
        try socket.setAddressGeneration(generation, .index(link.index))
      case .setOperative(let link): try socket.setOperative(.index(link.index))
      case .setTemporaryAddresses(let value, let link): try TemporaryAddresses.set(value, onLink: link.name)
      case .setManagesTemporary(let address, let link): try socket.setManagesTemporary(address, on: link)
      case .addAddress(let address, let link): try socket.addBack(address, to: link)
      case .moveAddress(let address, let link):
        do throws(NetlinkError) {
          try socket.delete(address, from: link)
        } catch  where error.code == EADDRNOTAVAIL {
          // It disappeared since it was listed.
        }
        try socket.addBack(address, to: link)
      case .addQdisc(let qdisc, let link): try socket.add(qdisc, to: link)
      case .addNeighbour(let neighbour, let link): try socket.add(neighbour, to: link)
      case .addNextHop(let object, let isReplacing): try socket.add(object, replacing: isReplacing)
      case .addRoute(let route, let placement): try socket.add(route, placement)
      case .dropRoute(let route): try socket.delete(route)
      case .moveRoute(let route, let placement):
        try Repair.dropRoute(route).perform(using: socket)
        try socket.add(route, placement)
      }
    } catch  where error.code == EEXIST || isRemoval && error.code == ESRCH {
      // It appeared or disappeared since it was listed, or the kernel treats another one as the same.
    }
  }

  var setsUp: Bool { if case .setUp(true, _) = self { true } else { false } }

  private var isRemoval: Bool { if case .dropRoute = self { true } else { false } }

  /// Whether the repair changes only an order that decides nothing, since the kernel requires a link for such
  /// destinations: the order of link-local and multicast routes, and of link-local addresses that several links have.
  var isOfMeaninglessOrder: Bool {
    switch self {
    case .moveRoute(let route, _): !route.hasOrder
    case .moveAddress(let address, _): address.prefix.address.isOfLinkScope
    default: false
    }
  }
}

extension Route {
  /// The beginning of a line about the route: the name of its link.
  fileprivate func owner(_ name: (Int32) -> String) -> String {
    nextHopID == nil ? nextHops.first.map { "\(name($0.link)): " } ?? "" : ""
  }
}
