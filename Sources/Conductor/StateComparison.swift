import Scenario
import Journal

/// A host's state after a trial compared with its state before: the differences, their causes, and the parts that
/// could not be compared.
struct StateComparison {
  var differences: [StateDifference] = []
  var uncompared: [String] = []
  /// Whether a part could be read before the trial but not after it. It may become readable soon.
  var isUnreadNow = false

  /// - Parameters:
  ///   - touched: the objects that this run's leases touched on the host, by the lease's name.
  ///   - anyFault: whether this run had a lease on any host.
  ///   - isRebooted: whether a fault of this run made the host reboot.
  init(
    before: HostState, after: HostState, touched: [String: [Resource]], anyFault: Bool,
    isRebooted: Bool = false
  ) {
    for (state, when) in [(before, "before"), (after, "after")] {
      if state.boot == nil, let reason = state.unread.first?.reason {
        uncompared = ["its state \(when) the trial could not be read: \(reason)"]
        isUnreadNow = before.boot != nil
        return
      }
    }
    guard before.boot == after.boot || isRebooted else {
      uncompared = [
        "the host has rebooted since its state was read: its earlier state belongs to another boot"
      ]
      return
    }
    var unread: Set<HostState.Part> = []
    for (state, when) in [(before, "before"), (after, "after")] {
      for part in state.unread where unread.insert(part.part).inserted {
        uncompared.append("\(part.part.rawValue) could not be read \(when) the trial: \(part.reason)")
      }
    }
    isUnreadNow = after.unread.contains { one in !before.unread.contains { $0.part == one.part } }
    let authors = Authors(
      touched: touched, anyFault: anyFault, isRebooted: before.boot != after.boot,
      addressesBefore: Self.addresses(of: before),
      addressesAfter: Self.addresses(of: after))
    for part in HostState.Part.allCases where !unread.contains(part) {
      let old = before.lines.filter { $0.part == part }
      let now = after.lines.filter { $0.part == part }
      differences += authors.compare(old.filter { $0.sequence == nil }, now.filter { $0.sequence == nil })
      for sequence in Set((old + now).compactMap(\.sequence)).sorted() {
        differences += authors.compare(
          old.filter { $0.sequence == sequence }, now.filter { $0.sequence == sequence }, inSequence: true)
      }
    }
  }

  private static func addresses(of state: HostState) -> Set<String> {
    Set(state.lines.filter(\.isAddress).compactMap(\.ipv4))
  }
}

/// The possible authors of a difference, from the objects that this run's faults touched and the changes that a fault
/// can make.
private struct Authors {
  let touched: [String: [Resource]]
  let anyFault: Bool
  let isRebooted: Bool
  let addressesBefore: Set<String>
  let addressesAfter: Set<String>

  /// The differences between lines. Lines that moved within a sequence are reported as moved.
  func compare(
    _ before: [HostState.Line], _ after: [HostState.Line], inSequence: Bool = false
  ) -> [StateDifference] {
    let difference = after.difference(from: before)
    let changes = inSequence ? difference.inferringMoves() : difference
    let missing = changes.removals.compactMap { change -> StateDifference? in
      guard case .remove(_, let line, nil) = change else { return nil }
      return sign(line, .missing)
    }
    let others = changes.insertions.compactMap { change -> StateDifference? in
      guard case .insert(_, let line, let origin) = change else { return nil }
      guard origin != nil else { return sign(line, .new) }
      // It isn't known which of the two lines moved, so each counts as moved.
      var moved = line
      moved.objects = Set((before + after).flatMap(\.objects)).sorted()
      return sign(moved, .moved)
    }
    return missing + others
  }

  private func sign(_ line: HostState.Line, _ change: StateDifference.Change) -> StateDifference {
    let (by, because) = author(of: line, change)
    return StateDifference(change, line.text, by: by, because: because)
  }

  private func author(
    of line: HostState.Line, _ change: StateDifference.Change
  ) -> (StateDifference.Author, because: String) {
    if isRebooted {
      return (.others, "a fault made the host reboot, and no change by a fault outlives a boot")
    }
    switch line.part {
    case .firewall:
      if line.objects.contains(where: LeaseTableName.isOne) {
        return (.murphy, "the table has the name of a lease")
      }
      return (.others, "faults change only their own tables")
    case .network: return author(ofNetwork: line, change)
    case .domains, .processes:
      if let lease = holder({ !Set($0.domains).isDisjoint(with: line.objects) }) {
        return (.murphy, "lease \(lease) stopped this domain")
      }
      return anyFault
        ? (.perhapsMurphy, "a fault can leave a domain without its disks, on any host")
        : (.others, "this run has broken nothing")
    case .mounts: return (.others, "no fault mounts or unmounts")
    }
  }

  private func author(
    ofNetwork line: HostState.Line, _ change: StateDifference.Change
  ) -> (StateDifference.Author, because: String) {
    if line.isChoice == true {
      return (
        .others, "the host chose it, as it does after a pulled cable, and a revert doesn't change that choice"
      )
    }
    // A link that is cut keeps its IPv4 addresses, and no fault adds one. See LinkCut.
    if change == .moved, line.isAddress {
      return (.others, "no fault changes IPv4 addresses")
    }
    if let address = line.ipv4, change != .moved {
      let others = change == .missing ? addressesAfter : addressesBefore
      if !others.contains(address) {
        let moved = change == .missing ? "removed \(address)" : "added \(address)"
        return (.others, "another program \(moved); no fault changes IPv4 addresses")
      }
    }
    if let lease = holder({ !Set($0.links).isDisjoint(with: line.objects) }),
      let link = touched[lease]?.links.first(where: line.objects.contains)
    {
      return (.perhapsMurphy, "lease \(lease) held \(link)")
    }
    return (.others, "no fault of this run touched the object that it depends on")
  }

  private func holder(_ condition: ([Resource]) -> Bool) -> String? {
    touched.sorted { $0.key < $1.key }.first { condition($0.value) }?.key
  }
}
