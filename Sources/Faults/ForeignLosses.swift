import Linux
import Netlink

/// The addresses and routes that a cut removes from links in other network namespaces, for example from a container's
/// VLAN or macvlan on one of the host's links.
///
/// They couldn't be restored: a revert must work from the lease alone, and by then the namespace may be gone or
/// replaced. So such a cut is refused.
struct ForeignLosses {
  /// The losses, a line per namespace.
  private(set) var lines: [String] = []
  /// The namespaces that can't be read, with the reason, a line each.
  private(set) var unreadable: [String] = []

  /// Reads all other network namespaces of the host, each on a dedicated thread.
  ///
  /// - Parameter stack: the losses in the calling thread's namespace.
  init(beside stack: LinkStack) throws {
    let home = try NetworkNamespace.current()
    let others = try NetworkNamespace.others()
    unreadable = others.unreadable
    var rooms: [Room] = []
    for namespace in others.found {
      do {
        if let room = try Room(of: namespace, among: [home] + others.found) { rooms.append(room) }
      } catch {
        unreadable.append("\(namespace.name): \(error)")
      }
    }
    var losses = [home.inode: stack.losses]
    var next = [home.inode]
    while let source = next.popLast() {
      guard let lost = losses[source] else { continue }
      for room in rooms {
        let known = losses[room.namespace.inode] ?? [:]
        let now = room.losses(beside: known, losing: lost, in: source)
        if now != known {
          losses[room.namespace.inode] = now
          next.append(room.namespace.inode)
        }
      }
    }
    for room in rooms { lines += room.lines(losing: losses[room.namespace.inode] ?? [:]) }
  }

  /// A namespace with links on top of links in other namespaces.
  private struct Room: Sendable {
    var namespace: NetworkNamespace
    var state: NetworkState
    /// The namespaces by their ids in this one.
    var neighbours: [Int32: UInt64] = [:]

    /// Nil if none of its links is on top of a link in another namespace.
    init?(of namespace: NetworkNamespace, among all: [NetworkNamespace]) throws {
      let room = try namespace.run { () -> Room? in
        let socket = try RouteSocket()
        var wanted = Set(try socket.links().compactMap { $0.foreignLower?.namespace })
        if wanted.isEmpty { return nil }
        var room = Room(namespace: namespace, state: try NetworkState.read(using: socket))
        for other in all where !wanted.isEmpty && other != namespace {
          let descriptor: Descriptor
          do throws(SystemError) {
            descriptor = try other.open()
          } catch {
            // The namespace ended meanwhile, and its links with it.
            continue
          }
          let number = try socket.number(ofNamespace: descriptor.number)
          if wanted.remove(number) != nil { room.neighbours[number] = other.inode }
        }
        return room
      }
      guard let room else { return nil }
      self = room
    }

    private init(namespace: NetworkNamespace, state: NetworkState) {
      self.namespace = namespace
      self.state = state
    }

    /// The losses of the links of this namespace if the links `lost` of another namespace go down.
    func losses(
      beside known: [Int32: LinkStack.Loss], losing lost: [Int32: LinkStack.Loss], in source: UInt64
    ) -> [Int32: LinkStack.Loss] {
      var roots = known
      for link in state.links {
        guard let lower = link.foreignLower, neighbours[lower.namespace] == source,
          let loss = lost[lower.index], roots[link.index] != .everything
        else { continue }
        roots[link.index] = lower.isFollowed ? loss : .carrier
      }
      return LinkStack(losing: roots, among: state.links).losses
    }

    func lines(losing lost: [Int32: LinkStack.Loss]) -> [String] {
      let name = { (index: Int32) in state.links.first { $0.index == index }?.name ?? "#\(index)" }
      let down = lost.filter { $0.value == .everything }.keys.sorted().map(name)
      let objects = state.nextHops.filter { $0.link.map { lost[$0] != nil } ?? false }
      var parts: [String] = []
      if !down.isEmpty {
        let list = down.joined(separator: ", ")
        parts.append(
          down.count == 1
            ? "link \(list) goes down and up with it, and would lose its IPv6 addresses and routes"
            : "links \(list) go down and up with it, and would lose their IPv6 addresses and routes")
      }
      if !objects.isEmpty {
        let list = objects.map { "nexthop \($0.words(naming: name))" }.joined(separator: ", ")
        parts.append("\(list) would be lost with the carrier")
      }
      if parts.isEmpty { return [] }
      return [
        "in network namespace \(namespace.name): \(parts.joined(separator: "; ")). This can't be restored from here: "
          + "use mode: silent, which takes nothing from other namespaces"
      ]
    }
  }
}

extension LinkStack {
  /// The loss of each link, by its index.
  fileprivate var losses: [Int32: Loss] {
    Dictionary(entries.map { ($0.link.index, $0.loss) }) { first, _ in first }
  }
}
