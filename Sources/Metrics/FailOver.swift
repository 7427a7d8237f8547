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

  init(_ vm: Fleet.VirtualMachine, placement: Placement, in trial: TrialRecord) {
    self.vm = vm.name
    let hitting = trial.choices.filter { choice in
      choice.vms.contains(vm.name)
        || (choice.vms.isEmpty
          && trial.effective(step: choice.step)
            .flatMap { placement.host(at: $0.low) }.map(choice.hosts.contains) ?? false)
    }
    let hit = hitting.compactMap { trial.effective(step: $0.step) }.min { $0.estimate < $1.estimate }
    guard let effective = hit ?? trial.effective else {
      (from, to, time) = (nil, nil, .notObserved(reason: "no fault became effective"))
      return
    }
    let home = placement.host(at: effective.low)
    from = home
    let moved = placement.segments.filter { segment in
      segment.state == .running && segment.host != home
        && segment.begin + segment.uncertainty >= effective.low
    }.min { $0.begin < $1.begin }
    to = moved?.host
    guard home != nil else {
      time = .notObserved(reason: "it did not run when the fault became effective")
      return
    }
    guard hit != nil || moved != nil else {
      time = .notObserved(reason: "no fault affected it")
      return
    }
    let answers = Self.asking(trial).compactMap { probe in
      Self.answer(trial.samples[probe.name] ?? [], moved: moved, since: effective, hit: hit != nil)
    }
    guard let first = answers.min(by: { $0.estimate < $1.estimate }) else {
      time = .censored(moreThan: max(trial.end - effective.high, .zero))
      return
    }
    time = .measured(first.since(effective).notNegative)
  }

  /// The probes that can detect a fail-over: those whose answers have a boot id; if there are none, those that failed;
  /// if none failed, all.
  private static func asking(_ trial: TrialRecord) -> [Fleet.Probe] {
    let probes = trial.probes
    for test in [{ (sample: Sample) in sample.boot != nil }, { $0.verdict == .fail }] {
      let able = probes.filter { trial.samples[$0.name]?.contains(where: test) ?? false }
      if !able.isEmpty { return able }
    }
    return probes
  }

  /// The first answer of another boot. If the domain was seen running on another host, the first answer that can't be
  /// distinguished from one of another boot: no boot id is given, or the domain migrated live.
  private static func answer(
    _ samples: [Sample], moved: Placement.Segment?, since effective: Interval, hit: Bool
  ) -> Interval? {
    let old = samples.last { $0.verdict == .ok && $0.boot != nil && $0.completed < effective.low }?.boot
    let index = samples.indices.first { index in
      let sample = samples[index]
      guard sample.verdict == .ok, sample.completed >= effective.low else { return false }
      if let old, let boot = sample.boot, boot != old { return hit || moved != nil }
      guard let moved, sample.scheduled >= moved.begin - moved.uncertainty else { return false }
      return old == nil || sample.boot == nil || moved.what.contains("migrated")
    }
    guard let index else { return nil }
    let before = samples[..<index].last { $0.verdict != .unknown }
    return Interval(
      estimate: samples[index].scheduled, low: before?.scheduled ?? effective.low,
      high: samples[index].completed)
  }
}
