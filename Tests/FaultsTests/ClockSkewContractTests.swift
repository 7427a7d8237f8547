import FoundationEssentials
import Linux
import Scenario
import Synchronization
import Testing

@testable import Faults

/// All acts of `clock.skew`, on a stand-in for the wall clock: the clock of the machine that runs tests is never moved.
struct ClockSkewContractTests {
  /// A wall clock of the test.
  private final class TestClock: Sendable {
    private let state = Mutex<(position: Int64, moves: [Int64])>((1_795_000_000_000_000_000, []))
    let obstacle: String?
    /// What another process does between a comparison and the change that follows from it.
    let meanwhile = Mutex<[Int64]>([])

    init(obstacle: String? = nil) { self.obstacle = obstacle }

    var position: Nanoseconds { Nanoseconds(state.withLock { $0.position }) }
    /// The changes that Murphy made.
    var moves: [Int64] { state.withLock { $0.moves } }

    /// A change by another program, or by the passage of time if the clocks' rates differ.
    func shift(_ offset: Nanoseconds) { state.withLock { $0.position += offset.count } }

    var instruments: Instruments {
      let instruments = Instruments()
      instruments.wallClock = WallClock(
        position: { [self] in position.count },
        move: { [self] offset in
          let others = meanwhile.withLock { others in others.popLast() }
          state.withLock {
            $0.position += offset + (others ?? 0)
            $0.moves.append(offset)
          }
        }, obstacle: { [self] in obstacle })
      return instruments
    }
  }

  private static func skew(_ direction: String, _ by: Nanoseconds) throws(StepRefused) -> FaultOrder {
    let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
    let step = Step(
      name: "step-1", trigger: .at(.zero), fault: "clock.skew", target: .host(.named("falco")),
      duration: .seconds(60), parameters: ["direction": .word(direction), "by": .duration(by)])
    return try Catalogue.order(for: step, on: host, in: Fleet(name: "tdf", hosts: [host]))
  }

  @Test("The catalogue has both directions, and the plan shows the offset")
  func directions() throws {
    let cases = Catalogue.builtIn.cases.filter { $0.fault.name == "clock.skew" }
    #expect(cases.map(\.variant.title) == ["ahead", "behind"])
    let fault = try Self.skew("behind", .seconds(90)).fault
    #expect(fault.object == "wall clock (90s behind)" && fault.footprint == [Resource(.clock, "wall")])
  }

  @Test(
    "The clock is off by the offset, and the revert subtracts it from the time that has passed",
    arguments: ["ahead", "behind"])
  func contract(direction: String) throws {
    let clock = TestClock()
    let before = clock.position
    let contract = try Contract(try Self.skew(direction, .seconds(60)), using: { clock.instruments })
    try contract.prepare()
    #expect(clock.moves == [])
    try contract.inject()
    let offset = Nanoseconds.seconds(direction == "ahead" ? 60 : -60)
    #expect(clock.position == before + offset)
    #expect(try contract.effect() == "the wall clock is 1m \(direction) of its time before the fault")
    #expect(try contract.residue().count == 1)
    // A time service has corrected the clock's rate meanwhile.
    clock.shift(.milliseconds(120))
    #expect(try contract.effect() != nil)
    try contract.revert()
    #expect(clock.position == before + .milliseconds(120))
    #expect(clock.moves == [offset.count, -offset.count])
    #expect(
      try contract.end() == "the wall clock is 120ms ahead of its time before the fault, not 1m \(direction)"
    )
  }

  @Test(
    "A clock that another program sets has ended the fault, and keeps that time",
    arguments: [-60, -45, 3600] as [Int64])
  func setByOthers(seconds: Int64) throws {
    let clock = TestClock()
    let contract = try Contract(try Self.skew("ahead", .seconds(60)), using: { clock.instruments })
    try contract.prepare()
    try contract.inject()
    clock.shift(.seconds(seconds))
    #expect(try contract.end()?.hasSuffix("not 1m ahead") == true)
    let set = clock.position
    try contract.revert()
    #expect(clock.position == set)
  }

  @Test("A second process that subtracts the offset at the same time doesn't leave the clock wrong")
  func twoReverts() throws {
    let clock = TestClock()
    let before = clock.position
    let contract = try Contract(try Self.skew("ahead", .seconds(60)), using: { clock.instruments })
    try contract.prepare()
    try contract.inject()
    clock.meanwhile.withLock { $0 = [Nanoseconds.seconds(-60).count] }
    try contract.revert()
    #expect(clock.position == before)
  }

  @Test("A clock that another lease has moved is refused, also if that lease began after the check")
  func secondLease() throws {
    let clock = TestClock()
    let first = try Contract(try Self.skew("ahead", .seconds(60)), using: { clock.instruments })
    try first.prepare()
    let others = Mutex<[Data]>([])
    let second = try Contract(
      try Self.skew("behind", .seconds(90)), named: "a2", using: { clock.instruments }
    ) {
      others.withLock { undos in undos.map { ActiveFault(order: first.order, undo: $0) } }
    }
    try second.prepare()
    try first.inject()
    others.withLock { $0 = [first.undo] }
    #expect(throws: ClockMovedAlready()) { try second.inject() }
    #expect(second.order.fault.missing(using: second.instruments) == ["\(ClockMovedAlready())"])
    try first.revert()
    others.withLock { $0 = [] }
    try second.revert()
    #expect(clock.moves.count == 2)
  }

  @Test("A fault that was never injected is reverted without a change")
  func neverInjected() throws {
    let clock = TestClock()
    let contract = try Contract(try Self.skew("ahead", .seconds(60)), using: { clock.instruments })
    try contract.revert()
    #expect(clock.moves == [])
  }

  @Test("A host whose clock can't be moved is refused with the reason")
  func refused() throws {
    let clock = TestClock(obstacle: "this host is a container")
    #expect(
      try Self.skew("ahead", .seconds(60)).fault.missing(using: clock.instruments) == [
        "this host is a container"
      ])
  }

  @Test("An offset below a second, or a step without one, is refused")
  func steps() throws {
    for by in [Nanoseconds.zero, .milliseconds(999)] {
      #expect(throws: StepRefused.self) { try Self.skew("ahead", by) }
    }
    #expect(throws: StepRefused.self) { try Self.skew("sideways", .seconds(60)) }
  }
}
