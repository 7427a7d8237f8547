import Journal
import Scenario

/// The course of one trial: the states of its steps, the results of its probes, and the time of the last progress.
struct TrialCourse: Sendable {
  enum StepState: Equatable {
    case waiting, armed(injectAt: Nanoseconds), injected, over(at: Nanoseconds)
    var isOver: Bool { if case .over = self { true } else { false } }
  }

  let number: Int
  /// The length of the steady phase.
  private let steadyLasts: Nanoseconds
  private let scenario: Scenario
  private let fleet: Fleet
  /// The states of the steps, in the order of the timeline.
  private(set) var states: [StepState]
  private(set) var probes: ProbeHistory
  /// The beliefs when the platform was healthy, before the first fault.
  private(set) var viewsBefore: PlatformViews?
  private var lastProgress = Nanoseconds.zero

  init(_ number: Int, of scenario: Scenario, in fleet: Fleet, _ draws: TrialDraws) {
    self.number = number
    steadyLasts = draws.length(of: scenario.steady, in: number)
    self.scenario = scenario
    self.fleet = fleet
    states = scenario.timeline.map { _ in .waiting }
    probes = ProbeHistory(of: scenario, in: fleet)
  }

  /// Records progress towards the trial's end.
  mutating func progress(at now: Nanoseconds) { lastProgress = max(lastProgress, now) }

  private func isStalled(at now: Nanoseconds) -> Bool { now - lastProgress > scenario.recovery.noProgress }

  mutating func take(_ sample: Sample, isSteady: Bool) {
    if let answered = probes.take(sample, isSteady: isSteady) { progress(at: answered) }
  }

  // MARK: Steady

  /// Whether the steady phase that began at a given time is over, including the time for its last samples.
  func isSteadyOver(since: Nanoseconds, awaitingViews: Bool, at now: Nanoseconds) -> Bool {
    let slack = scenario.steady.probes.compactMap { fleet.probe($0)?.timeout }.max() ?? .zero
    if now - since < steadyLasts + min(slack, .seconds(1)) { return false }
    return !awaitingViews || now - since >= steadyLasts + Self.viewPatience
  }

  /// How long the baseline waits for views without a belief. The slowest view, a channel of alerts, waits 90 s for its
  /// canary.
  private static let viewPatience = Nanoseconds.seconds(100)

  /// Records the baseline of the probes. Returns why it isn't healthy, a line for each probe.
  mutating func takeBaseline(since: Nanoseconds) -> [String] {
    probes.takeBaseline(until: since + steadyLasts)
  }

  mutating func beginFaults(seeing views: PlatformViews, at now: Nanoseconds) {
    viewsBefore = views
    lastProgress = now
  }

  // MARK: Steps

  /// The first time after the given one at which an injection is due; nil if no step is armed.
  func nextInjection(after now: Nanoseconds) -> Nanoseconds? {
    states.compactMap { state in
      if case .armed(let injectAt) = state, injectAt > now { injectAt } else { nil }
    }.min()
  }

  mutating func arm(_ step: Step, injectAt: Nanoseconds) { move(step.name, to: .armed(injectAt: injectAt)) }

  mutating func inject(_ step: Step) { move(step.name, to: .injected) }

  /// Records that the leases of an injected step have all ended.
  mutating func end(_ step: Step, at now: Nanoseconds) { move(step.name, to: .over(at: now)) }

  private mutating func move(_ name: String, to state: StepState) {
    if let index = index(name) { states[index] = state }
  }

  private func index(_ name: String) -> Int? { scenario.timeline.firstIndex { $0.name == name } }

  /// The steps to inject now, each with the time at which it was due.
  func due(at now: Nanoseconds) -> [(step: Step, injectAt: Nanoseconds)] {
    states.indices.compactMap { index in
      guard case .armed(let injectAt) = states[index], now >= injectAt else { return nil }
      return (scenario.timeline[index], injectAt)
    }
  }

  /// When a step's fault is due; nil if that isn't known yet. The timeline's zero is one arming lead after the start of
  /// the faults phase, so that a step at 0 s is armed in advance and injected on time.
  ///
  /// - Parameter holds: whether a condition is met now.
  func start(
    of step: Step, since: Nanoseconds, at now: Nanoseconds, where holds: (Condition) -> Bool
  ) -> Nanoseconds? {
    switch step.trigger {
    case .at(let time): return since + Conductor.armingLead + time
    case .after(let other, let delay):
      guard let index = index(other), case .over(let end) = states[index] else { return nil }
      return end + delay
    case .when(let condition): return holds(condition) ? now : nil
    }
  }

  /// Whether the faults phase is over. Steps whose condition is not met are skipped when no other step can still cause
  /// it. If only such steps are left, they are skipped when nothing has moved for a time, or at recovery's cap.
  func areFaultsOver(since: Nanoseconds, at now: Nanoseconds) -> Bool {
    var isAnyOver = false
    for index in states.indices where !awaitsCondition(index) {
      if !states[index].isOver { return false }
      isAnyOver = true
    }
    return isAnyOver || isStalled(at: now) || now - since > scenario.recovery.cap
  }

  /// Whether a step waits for a condition, or for a step that does.
  private func awaitsCondition(_ step: Int) -> Bool {
    guard states[step] == .waiting else { return false }
    return switch scenario.timeline[step].trigger {
    case .at: false
    case .when: true
    case .after(let other, _): index(other).map(awaitsCondition) ?? false
    }
  }

  // MARK: Recovery

  /// How the recovery phase ends now; nil if it continues.
  ///
  /// - Parameter isWell: whether the platform has recovered.
  func recovery(
    since: Nanoseconds, isWell: @autoclosure () -> Bool, at now: Nanoseconds
  ) -> RecoveryOutcome? {
    if now - since >= scenario.recovery.stable, isWell() { return .stable }
    if now - since > scenario.recovery.cap { return .cap }
    return isStalled(at: now) ? .noProgress : nil
  }

  /// Whether the platform has recovered, by views and probes.
  func isWell(_ views: PlatformViews, since: Nanoseconds, at now: Nanoseconds) -> Bool {
    scenario.steady.views.allSatisfy { views.unwell($0, since: viewsBefore) == nil }
      && scenario.steady.probes.allSatisfy { probes.isStable($0, since: since) }
  }

  /// The reasons why the platform has not recovered, from probes and views, a line each.
  func unwell(_ views: PlatformViews, since: Nanoseconds, at now: Nanoseconds) -> [String] {
    scenario.steady.probes.compactMap { probes.unstable($0, since: since, at: now) }
      + scenario.steady.views.compactMap { views.unwell($0, since: viewsBefore) }
  }
}
