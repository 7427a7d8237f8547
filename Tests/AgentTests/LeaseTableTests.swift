import Leases
import Agent
import AgentProtocol
import Journal
import Scenario
import Testing

/// Every transition of a lease, step by step.
struct LeaseTableTests {
  private typealias Event = LeaseTable.Event
  private typealias Action = LeaseTable.Action
  private static let deadline = Nanoseconds.seconds(100)

  /// A table with lease `a`, after these events.
  private func table(_ events: Event..., cuts: Bool = false) -> LeaseTable {
    var table = LeaseTable()
    #expect(table.handle(arm(cuts: cuts), at: .zero) == [.prepare(lease: "a")])
    for event in events { _ = table.handle(event, at: .seconds(1)) }
    return table
  }

  private func arm(_ lease: String = "a", cuts: Bool = false) -> Event {
    .arm(lease: lease, deadline: Self.deadline, cutsControlPath: cuts)
  }

  private let armed = Event.armed(lease: "a", ok: true)
  private let inject = Event.inject(lease: "a")
  private let injected = Event.injected(lease: "a", ok: true)
  private let revert = Event.revert(lease: "a")
  private let reverted = Event.reverted(lease: "a", ok: true)
  private let stuck = Event.reverted(lease: "a", ok: false)

  private func expect(
    _ table: LeaseTable, _ event: Event, at time: Nanoseconds = .seconds(2), _ actions: [Action],
    _ state: LeaseTable.State?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var table = table
    #expect(table.handle(event, at: time) == actions, sourceLocation: sourceLocation)
    #expect(table.entries["a"]?.state == state, sourceLocation: sourceLocation)
  }

  @Test("A lease is armed, injected, reverted and removed, and its name is free again")
  func lifeOfALease() {
    var table = LeaseTable()
    #expect(table.nextDue == nil)
    #expect(table.handle(arm(), at: .zero) == [.prepare(lease: "a")])
    #expect(table.entries["a"]?.state == .arming)
    #expect(table.nextDue == Self.deadline)
    #expect(table.handle(armed, at: .seconds(1)) == [])
    #expect(table.entries["a"]?.state == .armed)
    #expect(table.handle(inject, at: .seconds(2)) == [.inject(lease: "a")])
    #expect(table.entries["a"]?.state == .injecting)
    #expect(table.handle(injected, at: .seconds(3)) == [])
    #expect(table.entries["a"]?.state == .effective)
    #expect(table.nextDue == Self.deadline)
    #expect(table.handle(revert, at: .seconds(4)) == [.revert(lease: "a", .controller)])
    #expect(table.entries["a"]?.state == .reverting(.controller))
    #expect(table.nextDue == nil)
    #expect(table.handle(reverted, at: .seconds(5)) == [])
    #expect(table.entries.isEmpty)
    // Its name is free again.
    #expect(table.handle(arm(), at: .seconds(6)) == [.prepare(lease: "a")])
  }

  @Test("A lease isn't armed under a used name, after its deadline, or when the controller is gone")
  func armingIsRefused() {
    expect(
      table(), arm(), [.refuse(lease: "a", .leaseExists(lease: "a"))], .arming)
    expect(
      LeaseTable(), arm(), at: Self.deadline, [.refuse(lease: "a", .deadlinePassed(lease: "a"))], nil)
    for end in [Event.inputEnded, .superseded] {
      var table = LeaseTable()
      #expect(table.handle(end, at: .zero) == [.exit])
      #expect(
        table.handle(arm(), at: .zero) == [.refuse(lease: "a", .controllerGone(lease: "a")), .exit])
    }
  }

  @Test("Only an armed lease is injected")
  func injectingIsRefusedUnlessArmed() {
    let refusal = [Action.refuse(lease: "a", .notArmed(lease: "a"))]
    expect(LeaseTable(), inject, refusal, nil)
    expect(table(), inject, refusal, .arming)
    expect(table(armed, inject), inject, refusal, .injecting)
    expect(table(armed, inject, injected), inject, refusal, .effective)
    expect(table(armed, revert), inject, refusal, .reverting(.controller))
    expect(
      table(armed), inject, at: Self.deadline,
      [.refuse(lease: "a", .deadlinePassed(lease: "a")), .revert(lease: "a", .deadline)],
      .reverting(.deadline))
  }

  @Test("A revert of an unknown lease is refused")
  func revertingWhatIsNotHeldIsRefused() {
    expect(LeaseTable(), revert, [.refuse(lease: "a", .noSuchLease(lease: "a"))], nil)
    expect(table(armed, revert, reverted), revert, [.refuse(lease: "a", .noSuchLease(lease: "a"))], nil)
  }

  @Test("A lease whose arming or injection fails, or whose watchdog ends, is reverted by the agent")
  func whatFailsIsUndone() {
    let undo = [Action.revert(lease: "a", .agent)]
    expect(table(), .armed(lease: "a", ok: false), undo, .reverting(.agent))
    expect(table(armed, inject), .injected(lease: "a", ok: false), undo, .reverting(.agent))
    for table in [table(armed), table(armed, inject, injected)] {
      expect(table, .watchdogEnded(lease: "a"), undo, .reverting(.agent))
    }
  }

  @Test(
    "A reason to revert that comes during arming or injection takes effect as soon as that act ends",
    arguments: [
      (LeaseTable.Event.revert(lease: "a"), RevertCause.controller), (.inputEnded, .stdin),
      (.watchdogEnded(lease: "a"), .agent),
    ])
  func reasonsWait(event: LeaseTable.Event, cause: RevertCause) {
    let undo = [Action.revert(lease: "a", cause)]
    expect(table(), event, [], .arming)
    expect(table(event), armed, undo, .reverting(cause))
    expect(table(armed, inject), event, [], .injecting)
    expect(table(armed, inject, event), injected, undo, .reverting(cause))
    // The first of several reasons counts.
    expect(table(armed, inject, event, .inputEnded, revert), injected, undo, .reverting(cause))
    // No tick is due meanwhile: a timer that fires repeatedly would block other events.
    #expect(table(armed, inject, event).nextDue == nil)
    // Arming must end before the injection.
    expect(table(event), inject, [.refuse(lease: "a", .notArmed(lease: "a"))], .arming)
  }

  @Test("A lease is reverted at its deadline, or after the act that is in progress then")
  func theDeadlineReverts() {
    let undo = [Action.revert(lease: "a", .deadline)]
    for table in [table(armed), table(armed, inject, injected)] {
      expect(table, .tick, at: Self.deadline - Nanoseconds(1), [], table.entries["a"]?.state)
      expect(table, .tick, at: Self.deadline, undo, .reverting(.deadline))
      // Any first event after the deadline reverts it.
      expect(
        table, .inject(lease: "b"), at: Self.deadline, [.refuse(lease: "b", .notArmed(lease: "b"))] + undo,
        .reverting(.deadline))
    }
    var early = table()
    #expect(early.handle(.tick, at: Self.deadline) == [])
    #expect(early.nextDue == nil)
    expect(early, armed, at: Self.deadline, undo, .reverting(.deadline))
    var late = table(armed, inject)
    #expect(late.handle(.tick, at: Self.deadline) == [])
    #expect(late.nextDue == nil)
    expect(late, injected, at: Self.deadline, undo, .reverting(.deadline))
    // The same without a tick in between.
    expect(table(), armed, at: Self.deadline, undo, .reverting(.deadline))
    expect(table(armed, inject), injected, at: Self.deadline, undo, .reverting(.deadline))
  }

  @Test("A failed revert is repeated until it succeeds")
  func aRevertThatFailedIsTriedAgainUntilItWorks() {
    var table = table(armed, inject, injected, revert)
    var now = Nanoseconds.seconds(10)
    for _ in 0..<3 {
      #expect(table.handle(stuck, at: now) == [])
      #expect(table.nextDue == now + LeaseTable.retryAfter)
      #expect(table.handle(.tick, at: now + LeaseTable.retryAfter - Nanoseconds(1)) == [])
      now += LeaseTable.retryAfter
      #expect(table.handle(.tick, at: now) == [.revert(lease: "a", .controller)])
      #expect(table.nextDue == nil)
      #expect(table.handle(.tick, at: now) == [])
    }
    #expect(table.handle(reverted, at: now) == [])
    #expect(table.entries.isEmpty)
  }

  @Test("A report about an act that isn't in progress is ignored")
  func reportsOfWhatIsNotUnderWayAreNothing() {
    for (table, state) in [
      (table(), LeaseTable.State.arming), (table(armed), .armed), (table(armed, inject), .injecting),
      (table(armed, inject, injected), .effective),
    ] {
      for report in [reverted, stuck] { expect(table, report, [], state) }
      if state != .arming { expect(table, .armed(lease: "a", ok: false), [], state) }
      if state != .injecting { expect(table, .injected(lease: "a", ok: false), [], state) }
    }
  }

  @Test("No event starts a second revert of the same lease")
  func oneRevertAtATime() {
    let reverting = table(armed, inject, injected, revert)
    for event in [revert, .inputEnded, .superseded, .watchdogEnded(lease: "a"), .tick, armed, injected] {
      expect(reverting, event, [], .reverting(.controller))
      expect(reverting, event, at: Self.deadline, [], .reverting(.controller))
    }
  }

  @Test(
    "The end of input reverts the leases that don't cut the control path, and the others wait for the deadline"
  )
  func theEndOfInputRevertsWhatDoesNotCutThePath() {
    var table = LeaseTable()
    for (lease, cuts) in [("a", false), ("b", true), ("c", false)] {
      _ = table.handle(arm(lease, cuts: cuts), at: .zero)
      _ = table.handle(.armed(lease: lease, ok: true), at: .zero)
    }
    #expect(
      table.handle(.inputEnded, at: .seconds(1))
        == [.revert(lease: "a", .stdin), .revert(lease: "c", .stdin)])
    #expect(table.handle(.reverted(lease: "a", ok: true), at: .seconds(2)) == [])
    #expect(table.handle(.reverted(lease: "c", ok: true), at: .seconds(2)) == [])
    #expect(table.handle(.tick, at: Self.deadline) == [.revert(lease: "b", .deadline)])
    #expect(table.handle(.reverted(lease: "b", ok: true), at: Self.deadline) == [.exit])
  }

  @Test("A superseded session keeps its leases until they end, then exits")
  func aSupersededSessionHoldsToTheEnd() {
    var table = table(armed, inject, injected)
    #expect(table.handle(.superseded, at: .seconds(2)) == [])
    #expect(table.entries["a"]?.state == .effective)
    #expect(table.handle(.tick, at: Self.deadline) == [.revert(lease: "a", .deadline)])
    #expect(table.handle(reverted, at: Self.deadline) == [.exit])
  }

  @Test("An event of one lease doesn't change another")
  func leasesDoNotMixUp() {
    var table = table(armed)
    _ = table.handle(arm("b"), at: .zero)
    #expect(table.handle(.inject(lease: "b"), at: .zero) == [.refuse(lease: "b", .notArmed(lease: "b"))])
    #expect(table.handle(.watchdogEnded(lease: "c"), at: .zero) == [])
    #expect(table.handle(.watchdogEnded(lease: "a"), at: .zero) == [.revert(lease: "a", .agent)])
    #expect(table.entries["b"]?.state == .arming)
  }
}
