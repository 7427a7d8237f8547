import Leases
import Agent
import AgentProtocol
import Journal
import Scenario
import Testing

/// A seeded adversary for the lease table: requests in any order, twice, and for leases that don't exist; reports that
/// are late, fail or never come; virtual time.
///
/// A model of the host, which performs the table's actions, checks them.
struct LeaseTableAdversaryTests {
  @Test(
    "In no random sequence of events does the lease table leave a fault active",
    arguments: 0..<400 as Range<UInt64>)
  func noResidue(seed: UInt64) throws {
    var adversary = Adversary(seed: seed)
    for _ in 0..<250 {
      try adversary.step()
      if adversary.hasExited { break }
    }
    // The controller disconnects, and every act succeeds and is reported.
    try adversary.endAll()
  }

  @Test("The random sequences reach every kind of event often enough to mean something")
  func theAdversaryIsNotTame() throws {
    var seen: [String: Int] = [:]
    for seed in 0..<400 as Range<UInt64> {
      var adversary = Adversary(seed: seed)
      for _ in 0..<250 where !adversary.hasExited { try adversary.step() }
      try adversary.endAll()
      seen.merge(adversary.seen, uniquingKeysWith: +)
    }
    for what in [
      "revert controller", "revert stdin", "revert deadline", "revert agent", "revert again", "inject",
      "refusal", "exit", "late arming", "late injection", "hung",
    ] {
      #expect(seen[what, default: 0] > 20, "\(what): \(seen)")
    }
  }
}

/// A host that performs the table's actions, and an adversary of that host.
private struct Adversary {
  /// A lease that was prepared and isn't known to be reverted.
  private struct Held {
    var deadline: Nanoseconds
    var cuts: Bool
    var isArming = true
    var isArmed = false
    var isInjecting = false
    var isReverting = false
    var wasEverReverted = false
    /// When a failed revert must have been repeated.
    var retryBy: Nanoseconds?
    /// Whether there is a reason to revert it.
    var mustEnd = false
  }

  private var random: SplitMix64
  private var table = LeaseTable()
  private var now = Nanoseconds.seconds(1000)
  private var held: [String: Held] = [:]
  /// Acts in progress, whose reports have not arrived yet.
  private var acts: [LeaseTable.Event] = []
  private var isInputOver = false
  private var isSuperseded = false
  private(set) var hasExited = false
  private(set) var seen: [String: Int] = [:]

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  private static let names = ["a", "b", "c"]

  mutating func step() throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<18:
      let span = Nanoseconds.milliseconds(Int64.random(in: -5...3000, using: &random))
      try request(.arm(lease: lease(), deadline: now + span, cutsControlPath: Bool.random(using: &random)))
    case 18..<40: try request(.inject(lease: lease()))
    case 40..<46: try request(.revert(lease: lease()))
    case 46..<75: try report()
    case 75..<78: try handle(.watchdogEnded(lease: lease()))
    case 78: try request(.inputEnded)
    case 79: try request(.superseded)
    case 80..<84: try reportUnrelated()
    default: try pass(.milliseconds(Int64.random(in: 0...800, using: &random)))
    }
  }

  /// Ends everything: the input ends, and each act reports.
  mutating func endAll() throws {
    if hasExited { return }
    try handle(.inputEnded)
    for _ in 0..<200 where !hasExited {
      for act in acts { try finish(act, ok: true) }
      if !hasExited { try pass(.milliseconds(500)) }
      if !hasExited { try handle(.tick) }
    }
    try #require(hasExited, "every lease was reverted, but the table still has \(table.entries)")
    try #require(held.isEmpty)
  }

  private mutating func lease() -> String { Self.names.randomElement(using: &random) ?? "a" }

  /// Requests may be sent twice.
  private mutating func request(_ event: LeaseTable.Event) throws {
    try handle(event)
    if Int.random(in: 0..<5, using: &random) == 0, !hasExited { try handle(event) }
  }

  /// One of the acts in progress reports, or hangs forever. Each act reports at most once.
  private mutating func report() throws {
    guard let act = acts.randomElement(using: &random) else { return }
    if Int.random(in: 0..<25, using: &random) == 0 {
      seen["hung", default: 0] += 1
      return
    }
    try finish(act, ok: Int.random(in: 0..<4, using: &random) > 0)
  }

  private mutating func finish(_ act: LeaseTable.Event, ok: Bool) throws {
    acts.removeAll { $0 == act }
    switch act {
    case .armed(let lease, _):
      held[lease]?.isArming = false
      held[lease]?.isArmed = ok
      if !ok { held[lease]?.mustEnd = true }
      if (held[lease]?.deadline ?? now) < now { seen["late arming", default: 0] += 1 }
      try handle(.armed(lease: lease, ok: ok))
    case .injected(let lease, _):
      held[lease]?.isInjecting = false
      if !ok { held[lease]?.mustEnd = true }
      if (held[lease]?.deadline ?? now) < now { seen["late injection", default: 0] += 1 }
      try handle(.injected(lease: lease, ok: ok))
    case .reverted(let lease, _):
      held[lease]?.isReverting = false
      if ok { held[lease] = nil } else { held[lease]?.retryBy = now + LeaseTable.retryAfter }
      try handle(.reverted(lease: lease, ok: ok))
    default: break
    }
  }

  /// A report of an act that isn't in progress, for example of an earlier lease.
  private mutating func reportUnrelated() throws {
    let lease = lease()
    let ok = Bool.random(using: &random)
    let state = held[lease]
    if state?.isArming != true { try handle(.armed(lease: lease, ok: ok)) }
    if !hasExited, state?.isInjecting != true { try handle(.injected(lease: lease, ok: ok)) }
    if !hasExited, state?.wasEverReverted != true { try handle(.reverted(lease: lease, ok: ok)) }
  }

  /// Time passes. The host's only timer fires at the time that the table requested, sometimes slightly late or after
  /// another event.
  private mutating func pass(_ span: Nanoseconds) throws {
    let end = now + span
    // Sometimes another event happens first, although the timer is due.
    if let due = table.nextDue, due <= end, Int.random(in: 0..<6, using: &random) == 0 {
      now = max(now, due)
      return
    }
    var fired = 0
    while !hasExited, let due = table.nextDue, due <= end {
      fired += 1
      try #require(fired < 1000, "the timer fires again and again at \(due)")
      now = max(now, due)
      if Int.random(in: 0..<4, using: &random) == 0 {
        now = max(now, min(end, now + .milliseconds(Int64.random(in: 0...5, using: &random))))
      }
      try handle(.tick)
    }
    if hasExited { return }
    now = max(now, end)
    // The table got no tick meanwhile, so it had requested none. The model checks this without an event.
    try check("nothing was due by \(now)")
  }

  private mutating func handle(_ event: LeaseTable.Event) throws {
    try #require(!hasExited, "an agent that has ended receives nothing")
    note(event)
    let actions = table.handle(event, at: now)
    for action in actions {
      switch action {
      case .prepare(let lease):
        try #require(held[lease] == nil, "prepared twice: \(lease)")
        guard case .arm(lease, let deadline, let cuts) = event else {
          throw Broken("prepared \(lease) on \(event)")
        }
        try #require(deadline > now && !isInputOver)
        held[lease] = Held(deadline: deadline, cuts: cuts)
        acts.append(.armed(lease: lease, ok: true))
      case .inject(let lease):
        let state = try #require(held[lease], "injected without a lease: \(lease)")
        try #require(event == .inject(lease: lease), "injected \(lease) on \(event)")
        try #require(state.isArmed && !state.isInjecting && !state.isReverting && !state.wasEverReverted)
        try #require(state.deadline > now, "injected \(lease) past its deadline")
        // A second injection would need a second arming.
        held[lease]?.isArmed = false
        held[lease]?.isInjecting = true
        acts.append(.injected(lease: lease, ok: true))
        seen["inject", default: 0] += 1
      case .revert(let lease, let cause):
        let state = try #require(held[lease], "reverted without a lease: \(lease)")
        try #require(!state.isReverting, "two reverts of \(lease) at once")
        try #require(!state.isArming && !state.isInjecting, "reverted \(lease) while it was being done")
        if let retryBy = state.retryBy {
          try #require(retryBy <= now, "tried again too early")
          seen["revert again", default: 0] += 1
        }
        if cause == .stdin { try #require(!state.cuts, "\(lease) was to outlive its path") }
        if cause == .deadline { try #require(state.deadline <= now, "\(lease) was reverted before its time") }
        held[lease]?.isArmed = false
        held[lease]?.isReverting = true
        held[lease]?.wasEverReverted = true
        held[lease]?.retryBy = nil
        acts.append(.reverted(lease: lease, ok: true))
        seen["revert \(cause)", default: 0] += 1
      case .refuse(let lease, let refusal):
        try #require("\(refusal)".hasPrefix("lease \(lease): ") && Self.names.contains(lease))
        seen["refusal", default: 0] += 1
      case .exit:
        try #require(held.isEmpty && isInputOver, "ended with \(held)")
        hasExited = true
        seen["exit", default: 0] += 1
      }
    }
    try check("after \(event)")
    if isInputOver, held.isEmpty { try #require(hasExited, "nothing is held, and yet it stays") }
  }

  /// The meaning of an event, independent of the table.
  private mutating func note(_ event: LeaseTable.Event) {
    switch event {
    case .inputEnded:
      isInputOver = true
      // A superseded session leaves the other leases to its successor.
      for lease in held.keys where held[lease]?.cuts == false && !isSuperseded { held[lease]?.mustEnd = true }
    case .superseded:
      isInputOver = true
      isSuperseded = true
      for lease in held.keys where held[lease]?.isArming == true || held[lease]?.isArmed == true {
        held[lease]?.mustEnd = true
      }
    case .revert(let lease), .watchdogEnded(let lease): held[lease]?.mustEnd = true
    default: break
    }
  }

  /// Whether every lease that must end is being reverted, or will be when its present act ends.
  private func check(_ moment: String) throws {
    for (lease, state) in held {
      if state.isReverting || state.isArming || state.isInjecting { continue }
      if let retryBy = state.retryBy {
        try #require(retryBy > now, "\(moment): a revert of \(lease) that failed was not tried again")
        continue
      }
      try #require(!state.wasEverReverted, "\(moment): \(lease) was given up")
      try #require(state.deadline > now, "\(moment): \(lease) is held past its deadline")
      try #require(!state.mustEnd, "\(moment): \(lease) had a reason to end, and stays")
    }
  }

  private struct Broken: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }
}

/// Sebastiano Vigna's SplitMix64: the same numbers for the same seed on every machine.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
