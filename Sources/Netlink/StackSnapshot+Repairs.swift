extension StackSnapshot {
  /// The present state of a stack, and the links that other leases keep down.
  struct Present {
    var state: NetworkState
    /// Links that another lease cut. They stay down; that lease restores them.
    var held: Set<Int32>

    func link(_ index: Int32) -> Link? { state.links.first { $0.index == index } }

    /// Whether routes through a link can be added.
    func isUsable(_ index: Int32) -> Bool { !held.contains(index) && link(index)?.isUp ?? false }

    /// Whether a link without a carrier can be expected to get one: one of its ports is up, and so are all links
    /// below.
    func mayHaveCarrier(_ link: Link) -> Bool {
      if link.hasCarrier { return true }
      let ports = state.links.filter { $0.master == link.index }
      return (ports.isEmpty || ports.contains { isUsable($0.index) })
        && link.lowers.allSatisfy { lower in
          self.link(lower).map { isUsable($0.index) && mayHaveCarrier($0) } ?? false
        }
    }
  }

  /// Whether a link should be up or down now; nil if that can't be repaired here: the link is gone, or follows one
  /// that another lease holds down.
  func shouldBeUp(_ entry: Entry, in present: Present) -> Bool? {
    guard entry.loss == .everything, entry.located(among: present.state.links) != nil else { return nil }
    if present.held.contains(entry.link.index) { return false }
    if entry.link.isUp, entry.link.followsLower {
      // It can't be up while the link below is down, and comes up together with it.
      guard entry.link.lowers.allSatisfy(present.isUsable) else { return nil }
    }
    return entry.link.isUp
  }

  /// The links whose administrative state differs from before, the lower ones first.
  func linkRepairs(_ present: Present) -> [Repair] { links.flatMap { linkRepairs(of: $0, present) } }

  func linkRepairs(of entry: Entry, _ present: Present) -> [Repair] {
    guard let shouldBeUp = shouldBeUp(entry, in: present),
      let now = entry.located(among: present.state.links)
    else { return [] }
    let isTooLoose = now.kind == "vlan" && entry.link.followsLower && !now.followsLower
    return (isTooLoose ? [.setLooseBinding(false, now)] : [])
      + (now.isUp != shouldBeUp ? [.setUp(shouldBeUp, now)] : [])
  }

  /// Settings that keep the kernel from doing more than setting links up. Without them it would set VLANs up that
  /// must stay down, and make link-local addresses that did not exist. They are undone once the links are up.
  func precautions(_ present: Present) -> [Repair] {
    links.flatMap { entry -> [Repair] in
      guard entry.loss == .everything, let now = entry.located(among: present.state.links), !now.isUp
      else { return [] }
      let staysDown = !entry.link.isUp || present.held.contains(entry.link.index)
      let isBound = staysDown && now.kind == "vlan" && now.followsLower
      let isGaining =
        !staysDown && entry.gainsLinkLocalAddress && now.ipv6?.generation != AddressGeneration.none
      return (isBound ? [.setLooseBinding(true, now)] : [])
        + (isGaining ? [.setAddressGeneration(.none, now)] : [])
    }
  }

  /// Settings that the kernel accepts only when a link is ready: the operational state, and the making of temporary
  /// addresses. Also undoes the precautions for address generation when they are no longer needed.
  ///
  /// - Parameter isReady: true for the links that are ready, false for all links.
  func readinessRepairs(_ present: Present, ifReady isReady: Bool = false) -> [Repair] {
    links.flatMap { entry -> [Repair] in
      guard let now = entry.located(among: present.state.links) else { return [] }
      var repairs: [Repair] = []
      if entry.startsOperative, now.operativeState == .dormant, shouldBeUp(entry, in: present) == true {
        repairs.append(.setOperative(now))
      }
      if isReady, !now.isOperative { return repairs }
      if entry.gainsLinkLocalAddress, let generation = entry.link.ipv6?.generation,
        now.ipv6?.generation == AddressGeneration.none
      {
        repairs.append(.setAddressGeneration(generation, now))
      }
      guard shouldBeUp(entry, in: present) == true else { return repairs }
      if let value = entry.link.ipv6?.temporaryAddresses, let current = now.ipv6?.temporaryAddresses,
        current < 0, value >= 0
      {
        repairs.append(.setTemporaryAddresses(value, now))
      }
      let addresses = present.state.addresses[now.index] ?? []
      return repairs
        + entry.managers.filter { address in
          addresses.contains { $0.prefix == address.prefix && !$0.flags.contains(.managesTemporary) }
        }
        .map { .setManagesTemporary($0, link: now.index) }
    }
  }

  /// Whether a link is not ready yet but can be expected to become so, for `readinessRepairs`.
  func isAwaited(_ entry: Entry, _ present: Present) -> Bool {
    guard entry.hasPartsOfReadiness, entry.link.isUp, entry.link.isOperative,
      let now = entry.located(among: present.state.links), !now.isOperative,
      shouldBeUp(entry, in: present) == true
    else { return false }
    return present.mayHaveCarrier(now)
  }

  /// The missing parts of links whose administrative state is restored.
  func settingRepairs(_ present: Present) -> [Repair] {
    links.flatMap { entry -> [Repair] in
      let index = entry.link.index
      guard shouldBeUp(entry, in: present) == entry.link.isUp, !present.held.contains(index) else {
        return []
      }
      let qdiscs = Set((present.state.qdiscs[index] ?? []).map(\.normalized))
      let neighbours = Set((present.state.neighbours[index] ?? []).map(\.key))
      return addressRepairs(entry, present)
        + entry.qdiscs.filter { !$0.isDefault && !qdiscs.contains($0.normalized) }.map {
          .addQdisc($0, link: index)
        }
        + entry.neighbours.filter { !neighbours.contains($0.key) }.map { .addNeighbour($0, link: index) }
    }
  }

  /// The kernel sorts a link's IPv6 addresses by scope, and within a scope the newest first.
  private func addressRepairs(_ entry: Entry, _ present: Present) -> [Repair] {
    let index = entry.link.index
    let now = (present.state.addresses[index] ?? []).filter { $0.prefix.family == .ipv6 }
    let wanted = entry.addresses.filter { $0.prefix.family == .ipv6 }
    var scopes: [RouteScope] = []
    for address in wanted where !scopes.contains(address.scope) { scopes.append(address.scope) }
    return scopes.flatMap { scope -> [Repair] in
      let order = OrderRepair(
        wanted: wanted.filter { $0.scope == scope }.map { entry.addedBack($0).normalized },
        present: now.filter { $0.scope == scope }.map { entry.addedBack($0).normalized }, ends: .front)
      return order.steps.flatMap { step -> [Repair] in
        // The lifetimes are those of the snapshot.
        let address = wanted.map(entry.addedBack).first { $0.normalized == step.value } ?? step.value
        return [step.isPresent ? .moveAddress(address, link: index) : .addAddress(address, link: index)]
      }
    }
  }

  /// The link-local addresses whose local routes are out of order.
  func twinRepairs(_ present: Present) -> [Repair] {
    twins.flatMap { twins -> [Repair] in
      let now = present.state.routes.filter { $0.type == .local && $0.destination.address == twins.address }
        .flatMap { $0.nextHops.map(\.link) }
      let wanted = twins.links.filter(now.contains)
      return OrderRepair(wanted: wanted, present: now, ends: .back).steps.compactMap { step in
        let entry = links.first { $0.link.index == step.value }
        let address = entry?.addresses.first { $0.prefix.address == twins.address }
        return address.map { .moveAddress($0, link: step.value) }
      }
    }
  }

  /// Nexthop objects and routes that are missing and can be added now, each after those that it may depend on. Those
  /// that need a link that is down are left to the lease that holds the link down, or to the administrator who set it
  /// down.
  func routeRepairs(_ present: Present) -> [Repair] {
    let (objects, known) = nextHopRepairs(present)
    let repairs = RouteRepairs(self, present, knownNextHops: known).repairs
    let needsObject = { (repair: Repair) in
      switch repair {
      case .addRoute(let route, _), .moveRoute(let route, _): route.nextHopID != nil
      default: false
      }
    }
    return repairs.filter { !needsObject($0) } + objects + repairs.filter(needsObject)
  }

  /// The objects to add, and the ids of those that will then exist.
  private func nextHopRepairs(_ present: Present) -> ([Repair], known: Set<UInt32>) {
    let now = Dictionary(present.state.nextHops.map { ($0.id, $0) }) { first, _ in first }
    var known = Set(now.keys)
    var repairs: [Repair] = []
    for object in nextHops where object.members == nil && now[object.id] == nil {
      // The kernel accepts none for a link without a carrier.
      guard let index = object.link, let link = present.link(index), present.isUsable(index),
        present.mayHaveCarrier(link)
      else { continue }
      repairs.append(.addNextHop(object, replacing: false))
      known.insert(object.id)
    }
    for object in nextHops {
      guard let members = object.members?.filter({ known.contains($0.id) }), !members.isEmpty else {
        continue
      }
      var usable = object
      usable.members = members
      if let group = now[object.id] {
        // A group with members that the snapshot doesn't have was changed meanwhile: that change stays.
        guard group != usable, group.isPart(of: usable) else { continue }
        repairs.append(.addNextHop(usable, replacing: true))
      } else {
        repairs.append(.addNextHop(usable, replacing: false))
        known.insert(object.id)
      }
    }
    return (repairs, known)
  }
}

extension NextHopObject {
  /// Whether a group is what remains of another one after it lost members.
  func isPart(of whole: NextHopObject) -> Bool {
    guard let members, let wholeMembers = whole.members else { return false }
    var same = self
    same.members = whole.members
    return same == whole && members.allSatisfy(wholeMembers.contains)
  }
}

extension Neighbour {
  /// The kernel's key of an entry. Another entry with this key was set meanwhile and stays.
  fileprivate var key: [String] { ["\(address)", "\(isProxy)"] }
}

extension StackSnapshot.Entry {
  /// The addresses for which the kernel makes temporary ones.
  fileprivate var managers: [InterfaceAddress] {
    guard loss == .everything, makesTemporaryAddresses else { return [] }
    return addresses.filter { $0.prefix.family == .ipv6 && $0.flags.contains(.managesTemporary) }
  }

  private var makesTemporaryAddresses: Bool { link.ipv6?.temporaryAddresses ?? 0 > 0 }

  /// An address in the form in which it is added back: without a flag that requires the link to be ready.
  fileprivate func addedBack(_ address: InterfaceAddress) -> InterfaceAddress {
    var address = address
    if makesTemporaryAddresses, address.prefix.family == .ipv6 { address.flags.remove(.managesTemporary) }
    return address
  }

  /// Whether a program had set the dormant link operational.
  fileprivate var startsOperative: Bool {
    loss == .everything && link.startsDormant && link.operativeState == .up
  }

  /// Whether any part of the link can be restored only once it is ready.
  var hasPartsOfReadiness: Bool { gainsLinkLocalAddress || !managers.isEmpty || startsOperative }
}
