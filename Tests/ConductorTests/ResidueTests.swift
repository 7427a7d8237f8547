import Faults
import Journal
import Scenario
import Testing

import AgentProtocol
@testable import Conductor
@testable import Simulation

/// The differences after a run, and their authors.
@Suite struct ResidueTests {
  typealias Line = HostState.Line

  private static let eth0 = Line(.network, of: ["eth0"], "link eth0 up")
  private static let eth1 = Line(.network, of: ["eth1"], "link eth1 up")

  /// The audit of a host after a run that unplugged falco's eth0 and eth1.
  private func audit(
    of host: String = "falco", _ scenario: Scenario = .rehearsal(), before: [Line], after: [Line],
    boot: String = "1", unreadBefore: [HostState.Unread] = [], unreadAfter: [HostState.Unread] = []
  ) throws -> (differences: [StateDifference], uncompared: [String]) {
    let rehearsal = Rehearsal(scenario)
    rehearsal.host(host).state = HostState(boot: "1", lines: before, unread: unreadBefore)
    rehearsal.at(.seconds(10)) {
      $0.host(host).state = HostState(boot: boot, lines: after, unread: unreadAfter)
    }
    #expect(rehearsal.run() == .completed)
    let audits = rehearsal.journal.compactMap { entry -> ([StateDifference], [String])? in
      if case .residueAudited(host, let differences, let uncompared) = entry.event {
        (differences, uncompared)
      } else {
        nil
      }
    }
    try #require(audits.count == 1)
    return audits[0]
  }

  private func author(
    of line: Line, on host: String = "falco", _ scenario: Scenario = .rehearsal(), beside lines: [Line] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> StateDifference.Author {
    let gone = try audit(of: host, scenario, before: lines + [line], after: lines).differences
    let new = try audit(of: host, scenario, before: lines, after: lines + [line]).differences
    #expect(gone.map(\.line) == [line.text] && new.map(\.line) == [line.text], sourceLocation: sourceLocation)
    #expect(gone[0].change == .missing && new[0].change == .new, sourceLocation: sourceLocation)
    #expect(gone[0].by == new[0].by && !gone[0].because.isEmpty, sourceLocation: sourceLocation)
    return gone[0].by
  }

  @Test("An unchanged state has no differences")
  func whatIsAsBeforeDoesNotDiffer() throws {
    let found = try audit(before: [Self.eth0, Self.eth1], after: [Self.eth0, Self.eth1])
    #expect(found.differences == [] && found.uncompared == [])
  }

  @Test("No trial begins on the residue of the one before")
  func residueEndsTheTrials() throws {
    var scenario = Scenario.rehearsal()
    scenario.trials = 3
    let rehearsal = Rehearsal(scenario)
    rehearsal.host("falco").state = HostState(boot: "1", lines: [Self.eth1])
    rehearsal.at(.seconds(10)) {
      $0.host("falco").state = HostState(boot: "1", lines: [Line(.network, of: ["eth1"], "link eth1 down")])
    }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.filter { $0.hasPrefix("inject") }.count == 1)
    #expect(
      rehearsal.voids == [
        "the baseline isn't healthy: falco: residue of the trial before: link eth1 up; link eth1 down"
      ])
  }

  @Test("A changed link that a fault held is perhaps Murphy's")
  func aLinkThatAFaultHeldIsPerhapsMurphys() throws {
    let down = Line(.network, of: ["eth1"], "link eth1 down")
    let found = try audit(before: [Self.eth0, Self.eth1], after: [Self.eth0, down])
    #expect(
      found.differences == [
        StateDifference(
          .missing, "link eth1 up", by: .perhapsMurphy, because: "lease sim_1 held eth1"),
        StateDifference(.new, "link eth1 down", by: .perhapsMurphy, because: "lease sim_1 held eth1"),
      ])
    #expect(found.uncompared == [])
  }

  @Test("A change of a link on top of one that a fault held is perhaps Murphy's")
  func whatDependsOnALinkThatAFaultHeldIsToo() throws {
    #expect(
      try author(of: Line(.network, of: ["eth1", "eth1.7"], "address eth1.7 fd00::1/64")) == .perhapsMurphy)
  }

  @Test("A change of an object that no fault touched has another cause")
  func whatNoFaultTouchedIsOfAnotherCause() throws {
    #expect(try author(of: Line(.network, of: ["eth2"], "link eth2 up")) == .others)
    #expect(try author(of: Line(.network, of: [], "route blackhole 10.0.0.0/8")) == .others)
    #expect(try author(of: Self.eth1, on: "excelsior") == .others)
    #expect(try author(of: Line(.firewall, of: ["inet filter"], "nft table inet filter")) == .others)
    #expect(try author(of: Line(.mounts, of: ["/mnt"], "mount /mnt ext4 rw from /dev/vdb")) == .others)
  }

  @Test("A changed active port of a bond has another cause")
  func theActivePortOfABondIsTheHostsChoice() throws {
    let line = Line(.network, of: ["bond0", "eth0", "eth1"], "bond bond0 sends by eth1", isChoice: true)
    #expect(try author(of: line) == .others)
  }

  @Test("A table with a lease's name is Murphy's")
  func aTableThatBearsALeasesNameIsMurphys() throws {
    let table = Line(.firewall, of: ["netdev murphy_sim_1"], "nft table netdev murphy_sim_1")
    #expect(try author(of: table) == .murphy)
    #expect(try author(of: table, on: "excelsior") == .murphy)
  }

  /// A cluster manager moves a service's address, and with it the routes that use it.
  @Test("An IPv4 address that moved has another cause, and so have its routes")
  func movedAddress() throws {
    let address = Line(
      .network, of: ["eth0"], "address eth0 10.77.2.101/24", ipv4: "10.77.2.101", isAddress: true)
    let route = Line(.network, of: ["eth0"], "route 10.77.2.0/24 dev eth0", ipv4: "10.77.2.101")
    #expect(try author(of: address) == .others)
    let gone = try audit(before: [address, route], after: []).differences
    #expect(gone.map(\.by) == [.others, .others])
    #expect(gone[0].because.contains("10.77.2.101"))
    #expect(try audit(before: [], after: [address, route]).differences.map(\.by) == [.others, .others])
    // The route is gone though its address exists, as after a cut whose undo failed.
    #expect(try author(of: route, beside: [address]) == .perhapsMurphy)
  }

  @Test("A paused domain that a fault stopped is Murphy's")
  func aDomainThatAFaultStoppedIsMurphys() throws {
    let freeze = Scenario.rehearsal([
      Step(
        name: "freeze", trigger: .at(.zero), fault: "vm.freeze", target: .vm("web"), duration: .seconds(10))
    ])
    let paused = Line(.domains, of: ["web"], "domain web paused (user)")
    #expect(try author(of: paused, on: "dauntless", freeze) == .murphy)
    #expect(try author(of: Line(.processes, of: ["web"], "process 7"), on: "dauntless", freeze) == .murphy)
    // The fault stopped no other domain, but another domain may have lost its disks because of it, on any host.
    #expect(try author(of: paused) == .perhapsMurphy)
    #expect(try author(of: Line(.processes, of: [], "process 7"), on: "excelsior") == .perhapsMurphy)
  }

  @Test("A changed order of rules is a difference")
  func anotherOrderOfRulesDiffers() throws {
    let rules = ["accept", "drop"].map { Line(.firewall, of: ["inet filter"], "chain input / \($0)") }
    #expect(try audit(before: rules, after: rules.reversed()).differences.count == 2)
    #expect(try audit(before: rules + rules, after: rules).differences.count == 2)
  }

  @Test("A line that moved within a sequence is reported once, as its own kind of change")
  func anotherOrderInASequence() throws {
    func addresses(of link: String, _ texts: [String]) -> [Line] {
      texts.map { Line(.network, of: [link], "address \(link) \($0)", sequence: "addresses \(link) ipv6") }
    }
    let before = addresses(of: "eth1", ["fd00::3", "fd00::2", "fd00::1"])
    let after = [before[1], before[2], before[0]]
    let moved = try audit(before: before, after: after).differences
    #expect(moved.count == 1 && moved[0].change == .moved && moved[0].by == .perhapsMurphy)
    #expect(moved[0].line == "address eth1 fd00::3")
    // Lines that were added or removed are reported as such, and the others have not moved.
    #expect(try audit(before: before, after: [before[2]]).differences.map(\.change) == [.missing, .missing])
    // The order of one list doesn't depend on that of another.
    let other = addresses(of: "eth2", ["fd00::7"])
    #expect(try audit(before: before + other, after: other + before).differences == [])
    // No fault touched the link.
    let beside = addresses(of: "eth2", ["fd00::8", "fd00::7"])
    #expect(try audit(before: beside, after: beside.reversed()).differences.map(\.by) == [.others])
  }

  @Test("A changed order of routes of two links may have been caused by a fault on either")
  func competingRoutesThatMoved() throws {
    let routes = ["eth1", "eth2"].map {
      Line(.network, of: [$0], "route 10.0.0.0/24 dev \($0)", sequence: "routes 10")
    }
    let moved = try audit(before: routes, after: routes.reversed()).differences
    #expect(moved.map(\.change) == [.moved] && moved.map(\.by) == [.perhapsMurphy])
  }

  @Test("IPv4 addresses in another order have another cause, since a cut doesn't change them")
  func anIPv4AddressThatMovedInItsList() throws {
    let addresses = ["10.0.0.1", "10.0.0.2"].map { (address: String) in
      Line(
        .network, of: ["eth1"], "address eth1 \(address)/24", ipv4: address, isAddress: true,
        sequence: "addresses eth1 ipv4")
    }
    let moved = try audit(before: addresses, after: addresses.reversed()).differences
    #expect(moved.map(\.change) == [.moved] && moved.map(\.by) == [.others])
  }

  @Test("A host that has rebooted isn't compared")
  func aHostThatHasRebootedIsNotCompared() throws {
    let found = try audit(before: [Self.eth0], after: [], boot: "another")
    #expect(found.differences == [])
    #expect(found.uncompared.count == 1 && found.uncompared[0].contains("rebooted"))
  }

  @Test("A part that can't be read isn't compared, but the other parts are", arguments: [true, false])
  func aPartThatCannotBeReadIsNotCompared(isBefore: Bool) throws {
    let unread = [HostState.Unread(part: .domains, reason: "libvirtd is away")]
    let paused = [Line(.domains, of: ["web"], "domain web paused (user)")]
    let found = try audit(
      before: isBefore ? [] : paused, after: (isBefore ? paused : []) + [Self.eth0],
      unreadBefore: isBefore ? unread : [], unreadAfter: isBefore ? [] : unread)
    #expect(found.differences.map(\.line) == ["link eth0 up"], "the rest is compared")
    #expect(found.uncompared.count == 1)
    #expect(found.uncompared[0].contains("domains") && found.uncompared[0].contains("libvirtd is away"))
  }

  @Test("A difference that is gone within 30 s is not residue, but one that stays is", arguments: [20, 60])
  func healing(seconds: Int64) throws {
    let rehearsal = Rehearsal(.rehearsal())
    let well = HostState(boot: "1", lines: [Self.eth0, Self.eth1])
    rehearsal.host("falco").state = well
    rehearsal.once("phase audit") { rehearsal in
      rehearsal.at(rehearsal.now + .seconds(seconds)) { $0.host("falco").state = well }
    }
    rehearsal.at(.seconds(10)) { $0.host("falco").state.lines.removeLast() }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("residue falco \(seconds < 30 ? 0 : 1)"))
    let audit = try #require(rehearsal.time(of: "phase audit"))
    let found = try #require(rehearsal.times(of: "residue falco").first)
    #expect(found - audit < .seconds(40) && found - audit >= .seconds(min(seconds, 30) - 1))
    // The audit doesn't wait for a host without differences.
    #expect(try #require(rehearsal.times(of: "residue dauntless").first) - audit < .seconds(1))
  }

  @Test("A part that can be read again within 30 s is compared") func readableAgain() throws {
    let rehearsal = Rehearsal(.rehearsal())
    let well = HostState(boot: "1", lines: [Self.eth0])
    rehearsal.host("falco").state = well
    rehearsal.at(.seconds(10)) { rehearsal in
      rehearsal.host("falco").state.unread = [.init(part: .domains, reason: "libvirtd is away")]
    }
    rehearsal.once("phase audit") { rehearsal in
      rehearsal.at(rehearsal.now + .seconds(15)) { $0.host("falco").state = well }
    }
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.story.contains("residue falco 0"))
  }

  @Test("The residue of a host whose state can't be read is unknown", arguments: [true, false])
  func unreadableState(isBefore: Bool) throws {
    let rehearsal = Rehearsal(.rehearsal())
    let unreadable = HostState(unreadable: "no thread could be started")
    if isBefore { rehearsal.host("falco").state = unreadable }
    // This includes the case in which both fail in the same way.
    rehearsal.at(.seconds(10)) { $0.host("falco").state = unreadable }
    rehearsal.run()
    #expect(rehearsal.story.contains("residue falco unknown"))
    #expect(rehearsal.story.contains("residue dauntless 0"))
  }
}
