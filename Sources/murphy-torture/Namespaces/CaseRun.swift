import Leases
import Agent
import AgentProtocol
import Conductor
import Faults
import Glibc
import IsolatedHost
import Journal
import Linux
import Scenario

/// One case, from the agent's start to the check for residue.
final class CaseRun {
  /// How long the lease lasts: more than a fault takes to its effect, on a busy machine too. A BMC takes up to a second,
  /// and a process must start.
  private let duration: Nanoseconds
  /// The latest end of a fault after its deadline: a second for the kernel's timeout, and a margin.
  static let grace = Nanoseconds.milliseconds(1500)

  private let torture: TortureCase
  private let host: TorturedHost
  private let lease: String
  private let order: FaultOrder
  /// Whether the kernel reverts the fault if no process is left.
  private let isKernels: Bool
  /// Whether a process of the lease performs the fault, and ends it with the agent, or a second after the deadline.
  private let isPerformed: Bool
  /// Whether the fault is instant.
  private let isInstant: Bool
  private var random: SeededGenerator
  private let session: AgentSession
  private let agent: ProcessIdentity
  private var deadline: Nanoseconds
  private var stopped: [ProcessIdentity] = []
  private var strikes = 0
  private var kills = 0
  /// The moment was missed: of agent and watchdog, the other one was faster.
  private var isMissed = false
  /// Whether the inject command was sent. It is, if the moment comes after the reply that the lease is armed.
  private var isCommanded = false
  private let isByDeadline: Bool
  /// The number of calls of each stretch, so that every call is chosen at some time.
  private let lengths: StretchLengths
  /// The system call of its stretch at which a process is stopped, counted from 0.
  private(set) var skip: Int?
  /// The time between two observations, in microseconds: the precision of the times of the outcome.
  private let every: UInt32

  init(
    _ torture: TortureCase, on host: TorturedHost, lengths: StretchLengths, skip: Int?, every: UInt32
  ) throws {
    self.skip = skip
    self.every = every
    self.torture = torture
    self.host = host
    self.lengths = lengths
    lease = "t_\(torture.number)"
    let site = try host.site(of: torture.subject, torture.number)
    order = try Catalogue.order(
      for: torture.subject.step(at: site, named: "torture", for: .seconds(60)), on: site.host, in: site.fleet)
    duration =
      switch torture.subject.needs {
      case .bmc: .seconds(5)
      case .host: .seconds(2)
      case .namespace, .domain, .process, .itsTests: .milliseconds(1500)
      }
    isPerformed = torture.subject.needs == .host
    isInstant = torture.subject.isInstant
    isKernels = order.fault.kernelRevert == .expires
    random = SeededGenerator(seed: torture.seed)
    isByDeadline = Bool.random(using: &random)
    let pathIsCut = Int.random(in: 0..<3, using: &random) == 0
    session = try AgentSession(
      try host.agentCommand(for: torture.subject, pathIsCut: pathIsCut), run: "torture-\(torture.number)")
    guard let agent = try host.agent() else { throw TortureFailed("no agent is seen") }
    self.agent = agent
    deadline = Nanoseconds(Clock.boottime.now) + duration
  }

  func perform() throws -> Outcome {
    let watched = try reachMoment()
    let struckAt = Nanoseconds(Clock.boottime.now)
    let wasActive = try isActive()
    try strike()
    watched?.end()
    if let record = try? LeaseFolder.standard.read(lease) { deadline = record.deadline }
    let seen = try observe(from: struckAt, wasActive: wasActive)
    var left: [String] = []
    var link: String?
    if seen.isStillActive {
      if try isAnybodyLeft() || isKernels {
        left.append("\(Self.grace) past its deadline the fault is still active")
      } else {
        // No process could revert it, so doctor must report it, and recover must revert it.
        if try !doctorNamesIt() { left.append("murphy doctor doesn't name it") }
        try recover(&left)
        if try isActive() { left.append("murphy-agent recover did not revert it") }
        link = "recover"
      }
    }
    try wake()
    try session.hangUp()
    session.kill()
    do {
      try TorturedHost.patiently("all processes end") { try host.murphys().isEmpty ? () : nil }
    } catch {
      left.append("still running: \(try host.murphys().map(\.pid))")
    }
    if link == nil { link = linkOf(seen, struckAt) }
    left += endsByOthers()
    if let hit = try falseHit() { left.append(hit) }
    // Records of faults that are already reverted are also removed.
    try recover(&left)
    left += try host.newDifferences()
    // The time of the end is unknown for a fault that was over before the strike.
    let revertedAt = seen.isStillActive ? nil : seen.revertedAt.flatMap { $0 < struckAt ? nil : $0 }
    return Outcome(
      part: "namespaces", fault: "\(torture.subject)", who: torture.victim.rawValue,
      how: torture.blow.rawValue,
      moment: isMissed ? "missed: another was faster" : torture.moment.rawValue, strikes: strikes,
      kills: kills, link: link ?? "nothing",
      lateMs: revertedAt.flatMap { $0 > deadline ? Self.milliseconds($0 - deadline) : nil },
      afterBlowMs: revertedAt.flatMap {
        $0 > struckAt && $0 < deadline ? Self.milliseconds($0 - struckAt) : nil
      },
      residue: left, again: "")
  }

  private static func milliseconds(_ span: Nanoseconds) -> Double { Double(span.count / 10_000) / 100 }

  // MARK: The moment

  /// Proceeds to the moment of the strike; returns the process that is stopped there, if any.
  private func reachMoment() throws -> HeldProcess? {
    switch torture.moment {
    case .holding:
      try inject()
      usleep(UInt32.random(in: 0..<300_000, using: &random))
      return nil
    case .beforeLease, .leased, .injecting: return try holdOnTheWay()
    case .reverting, .noting: return try holdOnTheWayBack()
    }
  }

  private func inject() throws {
    try session.ask(.arm(lease: lease, order: try order.spec, begins: .zero, duration: duration))
    _ = try session.effect(of: try session.send(.inject(lease: lease)))
  }

  /// Whether the fault is active. An instant fault is never active, but its damage stays.
  private func isActive() throws -> Bool { try !isInstant && host.isActive(torture.subject) }

  /// Reports an instant fault that came without a command, or did not come after one.
  private func falseHit() throws -> String? {
    guard isInstant, !isMissed else { return nil }
    let isDue = [.holding, .reverting, .noting].contains(torture.moment)
    // The guest may execute late what QEMU has accepted.
    if isDue { _ = try waitUntil(within: 10_000, every: 20_000) { try host.hits(of: torture.subject) > 0 } }
    let hits = try host.hits(of: torture.subject)
    if hits > 1 { return "\(order.fault.object) was hit \(hits) times" }
    if isDue { return hits == 1 ? nil : "\(order.fault.object) was not hit" }
    // It may have begun before its effect is known.
    if torture.moment == .injecting { return nil }
    return hits == 0 || isCommanded ? nil : "\(order.fault.object) was hit before its command"
  }

  private func holdOnTheWay() throws -> HeldProcess {
    let stretch: AgentTrace.Stretch =
      switch torture.moment {
      case .beforeLease: .beforeLease
      case .leased: .leased
      default: .injecting
      }
    // A watchdog and the fault's process can be struck when they exist, which is at the end of their stretch.
    let startsLate = torture.victim.includesWatchdog || torture.victim.includesPerformer
    let chosen =
      startsLate && stretch == .leased
      ? Int.max : lengths.choose(torture.subject, stretch, using: &random)
    let skip = self.skip ?? chosen
    self.skip = skip
    let held = try HeldProcess(agent, from: .beforeLease, in: stretch, skip: skip)
    let arm = try session.send(
      .arm(lease: lease, order: try order.spec, begins: .zero, duration: duration))
    guard let answer = try session.line(unless: held.output) else { return try reached(held) }
    guard case .reply(arm, .armed) = answer else { throw TortureFailed("instead of armed: \(answer)") }
    isCommanded = true
    let inject = try session.send(.inject(lease: lease))
    guard let answer = try session.line(unless: held.output) else { return try reached(held) }
    guard case .reply(inject, .effective) = answer else {
      throw TortureFailed("instead of an effect: \(answer)")
    }
    throw TortureFailed("\(stretch) was missed")
  }

  private func holdOnTheWayBack() throws -> HeldProcess {
    try inject()
    let stretch: AgentTrace.Stretch = torture.moment == .reverting ? .reverting : .noting
    let chosen = lengths.choose(torture.subject, stretch, using: &random)
    let skip = self.skip ?? chosen
    self.skip = skip
    // If both are struck, sometimes the watchdog is the one that is stopped in the stretch.
    if torture.victim.includesAgent, torture.victim.includesWatchdog, Bool.random(using: &random),
      let watchdog = try host.watchdog(of: lease)
    {
      let held = try HeldProcess(watchdog, from: .holding, in: stretch, skip: skip)
      try strike(agent, torture.blow == .stop ? SIGSTOP : SIGKILL)
      return try reached(held)
    }
    let held = try HeldProcess(agent, from: .holding, in: stretch, skip: skip)
    if !isByDeadline { _ = try session.send(.revert(lease: lease)) }
    return try reached(held)
  }

  private func reached(_ held: HeldProcess) throws -> HeldProcess {
    guard let passed = try held.wait() else {
      isMissed = true
      return held
    }
    for (stretch, calls) in passed { lengths.note(torture.subject, stretch, calls) }
    return held
  }

  // MARK: The strike

  private func strike() throws {
    let victim = torture.victim
    let signal = torture.blow == .stop ? SIGSTOP : SIGKILL
    // It ends with the agent, so it is struck first.
    if victim.includesPerformer { for process in try host.performers() { try strike(process, signal) } }
    if victim.includesWatchdog, let watchdog = try host.watchdog(of: lease) { try strike(watchdog, signal) }
    if victim.includesAgent, let state = try agent.state(), state != "T" {
      try strike(agent, signal)
    }
    let ssh = session.process
    if torture.blow == .cut {
      try strike(ssh, SIGSTOP)
    } else if victim == .ssh {
      try strike(ssh, signal)
    }
    if victim.includesController, torture.blow == .kill {
      try session.hangUp()
      strikes += 1
    }
  }

  private func strike(_ process: ProcessIdentity, _ signal: Int32) throws {
    guard try process.signal(signal) else { return }
    strikes += 1
    if signal == SIGKILL { kills += 1 } else { stopped.append(process) }
  }

  /// Continues the stopped processes.
  private func wake() throws {
    for process in stopped { _ = try process.signal(SIGCONT) }
  }

  // MARK: The result

  private struct Seen {
    var wasEverActive: Bool
    var isStillActive: Bool
    var revertedAt: Nanoseconds?
  }

  /// Observes until the grace time is over, or until no process is left that could act. A fault whose process exists may
  /// be active again a moment later.
  private func observe(from start: Nanoseconds, wasActive: Bool) throws -> Seen {
    var seen = Seen(
      wasEverActive: wasActive || [.holding, .reverting, .noting].contains(torture.moment),
      isStillActive: false)
    if !wasActive, seen.wasEverActive { seen.revertedAt = start - Nanoseconds(1) }
    while true {
      let isActive = try isActive()
      let now = Nanoseconds(Clock.boottime.now)
      if isActive {
        seen.wasEverActive = true
        seen.revertedAt = nil
      } else if seen.wasEverActive, seen.revertedAt == nil {
        seen.revertedAt = now
      }
      seen.isStillActive = isActive
      // A process that has not begun waits for its agent, and may be stopped with it.
      if !isActive, seen.wasEverActive, isPerformed, now > deadline {
        seen.isStillActive = try !host.performers().isEmpty
      }
      if now > deadline + Self.grace { return seen }
      // A stopped process may still complete an act that it had begun.
      let isQuiet = torture.blow == .stop ? try host.murphys().isEmpty : now > deadline + .milliseconds(300)
      if !seen.isStillActive, now > deadline, isQuiet { return seen }
      usleep(every)
    }
  }

  /// The cause of the revert, from the time of the end and from the first record of it. A process that was stopped and
  /// continued later records it again.
  private func linkOf(_ seen: Seen, _ struckAt: Nanoseconds) -> String {
    if !seen.wasEverActive { return "nothing" }
    if isKernels || isPerformed, let revertedAt = seen.revertedAt,
      revertedAt > deadline + .milliseconds(900)
    {
      return isKernels ? "kernel" : "process"
    }
    for line in log() {
      if case .reverted(let revert) = try? WireCoding.value(LeaseHappening.self, from: line) {
        return revert.cause.rawValue
      }
    }
    if isPerformed, ![.reverting, .noting].contains(torture.moment) { return "process" }
    if let revertedAt = seen.revertedAt, revertedAt < struckAt {
      return isByDeadline ? "deadline" : "controller"
    }
    return isPerformed ? "process" : "unclear"
  }

  /// The lease's log must not report that something else ended its fault, since no other program runs here. But a
  /// process that performs a fault ends it with the agent.
  private func endsByOthers() -> [String] {
    if isPerformed, torture.victim.includesAgent || torture.victim.includesPerformer { return [] }
    return log().compactMap { line in
      let end: EarlyEnd? =
        switch try? WireCoding.value(LeaseHappening.self, from: line) {
        case .ended(let end): end
        case .reverting(let observation): observation.ended
        case .reverted(let revert): revert.lastObservation?.ended
        case .injecting, .effective, .injectionEnded, nil: nil
        }
      // If the strike came before its effect was recorded, its beginning isn't known.
      guard let end, end.cause == .others, end.lastActive != nil else { return nil }
      return "its log reports that something else ended it: \(end.reason)"
    }
  }

  /// The lines of the lease's log; empty if there is none.
  private func log() -> [[UInt8].SubSequence] {
    let path = "\(LeaseFolder.standard.path)/\(lease).log"
    return ((try? DurableFile.read(path)) ?? []).split(separator: UInt8(ascii: "\n"))
  }

  private func isAnybodyLeft() throws -> Bool {
    try host.murphys().contains { process in try process.state() != "T" }
  }

  private func doctorNamesIt() throws -> Bool {
    try DoctorReport(json: try output(["doctor", "--as", "host", "--json"], of: "murphy")).reports(
      lease: lease)
  }

  private func recover(_ left: inout [String]) throws {
    for recovery in try Recovery.results(in: try output(["recover", "--json"], of: "murphy-agent")) {
      if case .reverted = recovery { continue }
      left.append("murphy-agent recover: \(recovery)")
    }
  }

  /// The output, where the fault's agent runs, of a program that was built together with this one.
  private func output(_ arguments: [String], of program: String) throws -> String {
    let own = try programPath()
    let path = String(own[...(own.lastIndex(of: "/") ?? own.startIndex)]) + program
    return try ChildProcess.run(
      host.inside([path] + arguments, for: torture.subject), environment: ["PATH": ToolEnvironment.path]
    ).outputText
  }
}
