/// One thing in which a link is not as it was.
public enum LinkDifference: Sendable, Hashable, Codable {
  /// It is another link, or none: nothing else was compared.
  case otherLink(was: String, now: String)
  /// The name.
  case name(was: String, now: String)
  /// Administratively up.
  case isUp(was: Bool, now: Bool)
  /// The MTU in bytes.
  case mtu(was: UInt32, now: UInt32)
  /// The index of the link that it is a port of.
  case master(was: Int32?, now: Int32?)
  /// An address that is there no more, or not with the same properties.
  case missingAddress(InterfaceAddress)
  /// An address that was not there.
  case addedAddress(InterfaceAddress)
  /// A route that is there no more, or not with the same properties.
  case missingRoute(Route)
  /// A route that was not there.
  case addedRoute(Route)
  /// A qdisc that is there no more, or not with the same options.
  case missingQdisc(Qdisc)
  /// A qdisc that was not there.
  case addedQdisc(Qdisc)
  /// A permanent neighbour that is there no more, or not with the same properties.
  case missingNeighbour(Neighbour)
  /// A permanent neighbour that was not there.
  case addedNeighbour(Neighbour)
}

extension LinkDifference: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .otherLink(let was, let now): "link was \(was), is now \(now)"
    case .name(let was, let now): "name was \(was), is now \(now)"
    case .isUp(let was, _): was ? "was up, is now down" : "was down, is now up"
    case .mtu(let was, let now): "MTU was \(was), is now \(now)"
    case .master(let was, let now): "was \(Self.port(of: was)), is now \(Self.port(of: now))"
    case .missingAddress(let address): "address missing: \(address)"
    case .addedAddress(let address): "address added: \(address)"
    case .missingRoute(let route): "route missing: \(route)"
    case .addedRoute(let route): "route added: \(route)"
    case .missingQdisc(let qdisc): "missing: \(qdisc)"
    case .addedQdisc(let qdisc): "added: \(qdisc)"
    case .missingNeighbour(let neighbour): "neighbour missing: \(neighbour)"
    case .addedNeighbour(let neighbour): "neighbour added: \(neighbour)"
    }
  }

  private static func port(of master: Int32?) -> String {
    master.map { "a port of link #\($0)" } ?? "a port of nothing"
  }
}

extension LinkSnapshot {
  /// In what the link is not as it was in this snapshot; empty where nothing is left to restore.
  ///
  /// What changes by itself is passed over: the carrier and the operative state, remaining lifetimes and
  /// the flags that go with them, the order of nexthops, qdiscs that the kernel attaches by default, and
  /// counters within a qdisc's options.
  public func differences(from current: LinkSnapshot) -> [LinkDifference] {
    let was = link
    let now = current.link
    guard was.index == now.index, was.kind == now.kind else {
      return [.otherLink(was: "\(was.name) (#\(was.index))", now: "\(now.name) (#\(now.index))")]
    }
    var differences: [LinkDifference] = []
    if was.name != now.name { differences.append(.name(was: was.name, now: now.name)) }
    if was.isUp != now.isUp { differences.append(.isUp(was: was.isUp, now: now.isUp)) }
    if was.mtu != now.mtu { differences.append(.mtu(was: was.mtu, now: now.mtu)) }
    if was.master != now.master { differences.append(.master(was: was.master, now: now.master)) }
    differences += Self.compare(addresses, current.addresses, by: \.settled) {
      .missingAddress($0)
    } added: {
      .addedAddress($0)
    }
    differences += Self.compare(routes, current.routes, by: \.settled) {
      .missingRoute($0)
    } added: {
      .addedRoute($0)
    }
    differences += Self.compare(
      qdiscs.filter { !$0.isDefault }, current.qdiscs.filter { !$0.isDefault }, by: \.settled
    ) {
      .missingQdisc($0)
    } added: {
      .addedQdisc($0)
    }
    differences += Self.compare(neighbours, current.neighbours, by: \.self) {
      .missingNeighbour($0)
    } added: {
      .addedNeighbour($0)
    }
    return differences
  }

  private static func compare<Value: Hashable>(
    _ before: [Value], _ after: [Value], by settled: (Value) -> Value,
    missing: (Value) -> LinkDifference, added: (Value) -> LinkDifference
  ) -> [LinkDifference] {
    let old = Set(before.map(settled))
    let new = Set(after.map(settled))
    return before.filter { !new.contains(settled($0)) }.map(missing)
      + after.filter { !old.contains(settled($0)) }.map(added)
  }
}

extension InterfaceAddress {
  /// Without what changes by itself.
  var settled: InterfaceAddress {
    var copy = self
    copy.flags.subtract(.transient)
    // Whether it is for ever stays visible in the permanent flag.
    copy.validSeconds = nil
    copy.preferredSeconds = nil
    return copy
  }
}

extension Route {
  /// Without what changes by itself, and with the nexthops in one order.
  public var settled: Route {
    var copy = self
    copy.expiresInSeconds = nil
    copy.nextHops.sort { ($0.link, $0.gateway?.description ?? "") < ($1.link, $1.gateway?.description ?? "") }
    return copy
  }
}

extension Qdisc {
  /// Without the counters that two disciplines keep among their options: htb's direct_pkts, the fifth
  /// word of struct tc_htb_glob, and sfq's struct tc_sfqred_stats at the end of struct tc_sfq_qopt_v1.
  public var settled: Qdisc {
    guard var bytes = options?.bytes else { return self }
    let counters: Range<Int>
    switch kind {
    case "htb": counters = 20..<24
    case "sfq": counters = 48..<72
    default: return self
    }
    guard bytes.count >= counters.upperBound else { return self }
    for index in counters { bytes[index] = 0 }
    var copy = self
    copy.options = Octets(bytes)
    return copy
  }
}
