import Netlink
import Scenario

/// `link.flap`: a host's link on one network goes down and up, again and again.
package struct LinkFlap: LinkFault, PerformedFault {
  /// The cut of the host's link on the network, in mode carrier.
  package let cut: LinkCut
  /// How long the link is down each time, and then up.
  let down: Nanoseconds
  let up: Nanoseconds

  /// To restore what a link lost may take some milliseconds.
  private static let least = Nanoseconds.milliseconds(100)

  package static let description = FaultDescription(
    name: "link.flap",
    summary:
      "A host's link on one network goes down and up, again and again, and is up after the fault.",
    targets: [.link],
    parameters: [
      .init(
        name: "down", summary: "How long the link is down each time, at least 100ms.", form: .duration,
        standard: .duration(.seconds(5))),
      .init(
        name: "up", summary: "How long it is up in between, at least 100ms.", form: .duration,
        standard: .duration(.seconds(5))),
    ], takesHost: true, extent: .held,
    variants: [
      .init(
        "slow", [:], ["down": .duration(.seconds(5)), "up": .duration(.seconds(5))],
        observed: .onHost(.linksFlap)),
      .init(
        "fast", [:], ["down": .duration(.milliseconds(200)), "up": .duration(.milliseconds(200))],
        observed: .onHost(.linksFlap)),
    ])

  /// The flapping of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .link(_, let network) = step.target, let link = host.links[network] else {
      throw StepRefused(step, "host \(host.name) has no link on the network that the target names")
    }
    guard case .duration(let down) = Self.parameter("down", of: step),
      case .duration(let up) = Self.parameter("up", of: step), min(down, up) >= Self.least
    else {
      throw StepRefused(step, "down and up are at least \(Self.least) each", of: "down", "up")
    }
    cut = try LinkCut(step, links: [link], mode: LinkCut.Mode.carrier.rawValue, direction: "both")
    self.down = down
    self.up = up
  }

  /// `eth0 (5s down, 5s up)`.
  package var object: String { "\(cut.links.joined(separator: ", ")) (\(down) down, \(up) up)" }
  package var undoing: String { "ends the process that sets the link down and up, and \(cut.undoing)" }

  /// Also whether another lease has cut a link: its process would restore what that lease keeps down.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let isCut = try instruments.otherFaults().contains { other in
        try other.order.undo(other.undo, as: LinkCut.Undo.self) != nil
      }
      return cut.missing(using: instruments)
        + (isCut ? ["another lease has cut links of this host: begin this step after its end"] : [])
    } catch {
      return ["\(error)"]
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> LinkCut.Undo {
    var undo = try cut.snapshot(for: lease, using: instruments)
    undo.process = LeaseProcess(of: lease)
    return undo
  }

  var injection: Injection<LinkCut.Undo> {
    .byProcess(
      because: "a link stays as it was when the process of the lease was killed",
      prepare: { undo, instruments in try undo.process?.start(self, undo, using: instruments) },
      act: { undo, lifetime, instruments in try undo.process?.begin(for: lifetime, using: instruments) })
  }

  /// Each time the link comes up, everything that the kernel dropped with it is restored, since a switch's port that
  /// flaps removes only the carrier.
  func perform(_ undo: LinkCut.Undo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments)
    throws
  {
    let routes = try instruments.routes()
    do {
      repeat {
        for link in undo.cut { try routes.setUp(false, .index(link.index)) }
        let goesOn = try pause(down)
        try LinkCut.revert(undo, using: instruments)
        if !goesOn { return }
      } while try pause(up)
    } catch {
      try LinkCut.revert(undo, using: instruments)
      throw error
    }
  }

  /// Whether the lease's process performs it, on links that exist. Between two observations the link may be either.
  func effect(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> EffectState {
    if let reason = try undo.process?.idleness(using: instruments) { return .inactive(because: reason) }
    let present = Set(try instruments.routes().links().map(\.index))
    if let gone = undo.cut.first(where: { !present.contains($0.index) }) {
      return .inactive(because: "link \(gone.name) is gone")
    }
    return .active(evidence: "a process of this lease sets \(undo.names) down and up")
  }

  /// The first time that a link is down.
  func onset(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> String? {
    let cut = Set(undo.cut.map(\.index))
    let isDown = try instruments.routes().links().contains { cut.contains($0.index) && !$0.isUp }
    return isDown ? try effect(undo, using: instruments).evidence : nil
  }

  static func revert(_ undo: LinkCut.Undo, using instruments: Instruments) throws {
    try undo.process?.end(using: instruments)
    try LinkCut.revert(undo, using: instruments)
  }

  static func residue(_ undo: LinkCut.Undo, using instruments: Instruments) throws -> [String] {
    try (undo.process?.residue() ?? []) + LinkCut.residue(undo, using: instruments)
  }
}
