import Journal
import Scenario

/// The time until a virtual machine answered from another host, or from another boot.
package struct FailOver: Encodable, Equatable, Sendable {
  package var vm: String
  /// Its host when the fault became effective.
  package var from: String?
  /// The next host on which it ran, if it is another one.
  package var to: String?
  /// The first such answer, minus the time of the effect.
  package var time: Span
  /// The probes whose answers count.
  package var probes: [String]

  private enum CodingKeys: String, CodingKey { case vm, from, to, time }

  init(
    _ vm: Fleet.VirtualMachine, placement: Placement, _ probes: [ProbeFold], in trial: TrialRecord
  ) {
    self.vm = vm.name
    self.probes = []
    guard let move = Move(vm, placement: placement, in: trial) else {
      (from, to, time) = (nil, nil, .notObserved(reason: "no fault became effective"))
      return
    }
    let effective = move.effective
    from = move.home
    to = move.moved?.host
    guard move.home != nil else {
      time = .notObserved(reason: "it did not run when the fault became effective")
      return
    }
    guard move.isHit || move.moved != nil else {
      time = .notObserved(reason: "no fault affected it")
      return
    }
    let asking = Self.asking(probes)
    self.probes = asking.map(\.probe.name)
    let answers = asking.compactMap { probe in
      probe.firstAnswers.first { $0.vm == vm.name }?.fold.found
    }
    guard let first = answers.min(by: { $0.estimate < $1.estimate }) else {
      time = .censored(moreThan: max(trial.end - effective.high, .zero))
      return
    }
    time = .measured(first.since(effective).notNegative)
  }

  /// The probes that can detect a fail-over: those whose answers have a boot id; if there are none, those that failed;
  /// if none failed, all.
  static func asking(_ probes: [ProbeFold]) -> [ProbeFold] {
    for test in [{ (probe: ProbeFold) in probe.hasBoot }, { $0.failed > 0 }] {
      let able = probes.filter(test)
      if !able.isEmpty { return able }
    }
    return probes
  }
}

/// Where a virtual machine was, and where it was next, once a fault had become effective.
struct Move {
  /// When the fault became effective that counts for this virtual machine.
  var effective: Interval
  /// Whether a fault hit it.
  var isHit: Bool
  /// Its host then.
  var home: String?
  /// Where it ran next, if elsewhere.
  var moved: Placement.Segment?

  /// nil if no fault became effective.
  init?(_ vm: Fleet.VirtualMachine, placement: Placement, in trial: TrialRecord) {
    let hitting = trial.choices.filter { choice in
      choice.vms.contains(vm.name)
        || (choice.vms.isEmpty
          && trial.effective(step: choice.step)
            .flatMap { placement.host(at: $0.low) }.map(choice.hosts.contains) ?? false)
    }
    let hit = hitting.compactMap { trial.effective(step: $0.step) }.min { $0.estimate < $1.estimate }
    guard let effective = hit ?? trial.effective else { return nil }
    self.effective = effective
    isHit = hit != nil
    let home = placement.host(at: effective.low)
    self.home = home
    moved = placement.segments.filter { segment in
      segment.state == .running && segment.host != home
        && segment.begin + segment.uncertainty >= effective.low
    }.min { $0.begin < $1.begin }
  }
}

/// Finds a probe's first answer after a virtual machine's move, as samples come in the order of their due times.
///
/// It is the first answer of another boot; or, after the domain was seen running elsewhere, the first answer that can't be
/// distinguished from one of another boot (no identity is given, or the domain migrated live).
struct FirstAnswerFold {
  private let move: Move
  /// The boot that answered last before the effect.
  private var old: String?
  /// Samples that were answered after the effect, while answers from before it may still come.
  private var early: [Sample]? = []
  private var lastKnown: Nanoseconds?
  private(set) var found: Interval?

  init(_ move: Move) { self.move = move }

  mutating func take(_ sample: Sample) {
    if found != nil { return }
    if let waiting = early {
      if sample.completed < move.effective.low {
        if sample.verdict == .ok, let boot = sample.boot { old = boot }
        if waiting.isEmpty { note(sample) } else { early?.append(sample) }
        return
      }
      if sample.scheduled < move.effective.low, waiting.count < SampleOrder.mostWaiting {
        early?.append(sample)
        return
      }
      end()
      if found != nil { return }
    }
    examine(sample)
  }

  /// After the last sample.
  mutating func end() {
    let waiting = early ?? []
    early = nil
    for sample in waiting where found == nil { examine(sample) }
  }

  private mutating func examine(_ sample: Sample) {
    if isAnswer(sample) {
      found = Interval(
        estimate: sample.scheduled, low: lastKnown ?? move.effective.low, high: sample.completed)
    } else {
      note(sample)
    }
  }

  private mutating func note(_ sample: Sample) {
    if sample.verdict != .unknown { lastKnown = sample.scheduled }
  }

  private func isAnswer(_ sample: Sample) -> Bool {
    guard sample.verdict == .ok, sample.completed >= move.effective.low else { return false }
    if let old, let boot = sample.boot, boot != old { return move.isHit || move.moved != nil }
    guard let moved = move.moved, sample.scheduled >= moved.begin - moved.uncertainty else { return false }
    return old == nil || sample.boot == nil || moved.what.contains("migrated")
  }
}
