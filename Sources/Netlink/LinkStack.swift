/// The links that lose something when some links are cut: those links, all links on top of them at any depth, and the
/// peer of a veth that is cut.
///
/// A pure function of a list of links, so that tests can cover kinds of links that the test machine's kernel doesn't
/// have.
package struct LinkStack: Sendable, Hashable {
  /// The loss of a link.
  package enum Loss: String, Sendable, Hashable, Codable {
    /// The link goes down and loses its IPv6 addresses, routes, neighbours and nexthop objects.
    case everything
    /// The link stays up without a carrier and loses its nexthop objects.
    case carrier
  }

  /// A link of the stack.
  package struct Entry: Sendable, Hashable {
    package var link: Link
    package var loss: Loss
  }

  /// The links, each after the links below it, its ports, and the link that it gets its carrier from.
  package private(set) var entries: [Entry] = []

  /// The stack on the links with these indexes.
  package init(cutting roots: Set<Int32>, among links: [Link]) {
    self.init(losing: Dictionary(uniqueKeysWithValues: roots.map { ($0, .everything) }), among: links)
  }

  /// The stack on links that lose something themselves.
  package init(losing roots: [Int32: Loss], among links: [Link]) {
    let byIndex = Dictionary(links.map { ($0.index, $0) }) { first, _ in first }
    var losses: [Int32: Loss] = [:]
    var next = roots.map { ($0.key, $0.value) }
    while let (index, loss) = next.popLast() {
      guard let link = byIndex[index], losses[index] != .everything, losses[index] != loss else { continue }
      losses[index] = loss
      if let master = link.master { next.append((master, .carrier)) }
      if let peer = link.peer, loss == .everything { next.append((peer, .carrier)) }
      for upper in links where upper.lowers.contains(index) {
        next.append((upper.index, upper.followsLower ? loss : .carrier))
      }
    }
    var isPlaced: Set<Int32> = []
    func place(_ link: Link) {
      guard let loss = losses[link.index], isPlaced.insert(link.index).inserted else { return }
      for other in links {
        let isBelow = link.lowers.contains(other.index) || other.master == link.index
        let givesCarrier = loss == .carrier && other.peer == link.index && losses[other.index] == .everything
        if isBelow || givesCarrier { place(other) }
      }
      entries.append(Entry(link: link, loss: loss))
    }
    for link in links { place(link) }
  }
}
