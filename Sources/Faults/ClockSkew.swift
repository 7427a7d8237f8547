import Linux
import Scenario

/// `clock.skew`: the wall clock of a host is off.
package struct ClockSkew: LeasedFault {
  /// The direction of the offset.
  package enum Direction: String, Codable, CaseIterable, Sendable {
    case ahead
    case behind
  }

  /// The offset that is added to the clock.
  let offset: Nanoseconds

  /// A clock that drifts or is corrected slowly moves by less than half of this during a lease: the kernel adjusts it by
  /// at most 500 ppm.
  private static let least = Nanoseconds.seconds(1)

  package static let description = FaultDescription(
    name: "clock.skew",
    summary:
      "The wall clock of a host is set ahead or behind in one step; clocks that count from the boot are not affected.",
    targets: [.host],
    parameters: [
      .init(
        name: "by", summary: "The offset, at least 1s.", form: .duration, standard: nil, isRequired: true,
        example: .duration(.seconds(60))),
      .init(
        name: "direction", summary: "ahead: the clock shows a later time. behind: an earlier one.",
        form: .word(Direction.allCases.map(\.rawValue)), standard: .word(Direction.ahead.rawValue)),
    ],
    // Certificates, tokens and quorum may fail with the clock, and Murphy can't determine which of them the platform uses.
    takesHost: true, extent: .held,
    variants: Direction.allCases.map {
      .init(
        $0.rawValue, ["direction": $0.rawValue], ["by": .duration(.seconds(60))],
        observed: .byItsTests(because: "only a virtual machine has a separate wall clock"))
    })

  /// The skew of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let direction = Self.word("direction", of: step).flatMap(Direction.init) else {
      throw StepRefused(step, "direction is ahead or behind", of: "direction")
    }
    guard case .duration(let size) = Self.parameter("by", of: step), size >= Self.least else {
      throw StepRefused(
        step, "by is at least \(Self.least): a smaller offset can't be distinguished from a correction",
        of: "by")
    }
    offset = direction == .ahead ? size : Nanoseconds.zero - size
  }

  /// `wall clock (1m ahead)`.
  package var object: String { "wall clock (\(offset.offsetWords))" }
  package var footprint: [Resource] { [Resource(.clock, "wall")] }
  package var undoing: String {
    "moves the wall clock back by the offset, so the time that has passed counts"
  }
  package var reversal: Reversal { .restore }
  /// The kernel's and ssh's timeouts don't use the wall clock.
  package var pathLoss: PathLoss { .never }
  /// No socket announces that the clock was set.
  package var signals: Set<EffectSignal> { [] }

  /// Whether the agent may move the clock, the clock is the host's own, and no other lease has moved it.
  package func missing(using instruments: Instruments) -> [String] {
    if let obstacle = instruments.wallClock.obstacle() { return [obstacle] }
    do {
      try Self.checkUnmoved(using: instruments)
      return []
    } catch {
      return ["\(error)"]
    }
  }

  /// A revert could not distinguish two offsets on one clock.
  private static func checkUnmoved(using instruments: Instruments) throws {
    for other in instruments.otherFaults() where try other.order.undo(other.undo, as: Undo.self) != nil {
      throw ClockMovedAlready()
    }
  }

  package func remarks(using instruments: Instruments) throws -> [String] {
    [
      "a time service that sets the clock (chronyd, systemd-timesyncd, ntpd) ends the fault early; stop it by a step of process.stop to test what depends on it"
    ]
  }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    /// `WallClock.position` before the fault.
    var position: Nanoseconds
    var offset: Nanoseconds

    /// How far the clock was moved since the snapshot.
    func moved(_ clock: WallClock) -> Nanoseconds { Nanoseconds(clock.position()) - position }

    /// The part of the clock's position that Murphy caused; zero if another program has set the clock since.
    func owed(_ clock: WallClock) -> Nanoseconds {
      let moved = moved(clock)
      if (moved - offset).magnitude < offset.magnitude / 2 { return offset }
      // Two processes reverted at the same time, and each subtracted the offset.
      let twice = Nanoseconds.zero - offset
      return (moved - twice).magnitude < ClockSkew.least / 2 ? twice : .zero
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    Undo(position: Nanoseconds(instruments.wallClock.position()), offset: offset)
  }

  var injection: Injection<Undo> {
    .untilReverted(
      because: "a clock that was set stays so until it is set again", byDaemon: false
    ) { undo, instruments in
      // Another lease may have begun since this one was armed.
      try Self.checkUnmoved(using: instruments)
      try instruments.wallClock.move(undo.offset.count)
    }
  }

  /// Compares the clock with the boot clock, which can't be set.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let moved = undo.moved(instruments.wallClock)
    return undo.owed(instruments.wallClock) == undo.offset
      ? .active(evidence: "the wall clock is \(moved.offsetWords) of its time before the fault")
      : .inactive(
        because:
          "the wall clock is \(moved.offsetWords) of its time before the fault, not \(undo.offset.offsetWords)"
      )
  }

  /// Subtracts the offset. It sets no time, so what a time service has corrected meanwhile stays.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    let clock = instruments.wallClock
    // The comparison and the change are two system calls. A process that was stopped in between subtracts again, and
    // must see that here.
    for _ in 0..<4 {
      let owed = undo.owed(clock)
      if owed == .zero { return }
      try clock.move((Nanoseconds.zero - owed).count)
    }
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    undo.owed(instruments.wallClock) == .zero
      ? []
      : ["the wall clock is \(undo.moved(instruments.wallClock).offsetWords) of its time before the fault"]
  }
}

/// Another lease has moved the host's wall clock.
struct ClockMovedAlready: Error, Equatable, CustomStringConvertible {
  var description: String { "another lease has moved this host's wall clock: begin this step after its end" }
}

extension Nanoseconds {
  fileprivate var magnitude: Nanoseconds { self < .zero ? .zero - self : self }

  /// In whole milliseconds: `1m ahead`, `59990ms behind`.
  fileprivate var offsetWords: String {
    "\(Nanoseconds.milliseconds(magnitude.count / 1_000_000)) \(self < .zero ? "behind" : "ahead")"
  }
}
