import Journal
import Metrics
import Scenario
import Views

/// The parts of a service's downtime: a bar on the first screen, and a sentence about it.
struct LostTime {
  let wide: String
  let narrow: String
  /// A sentence that names the longest part, and the platform's timer that explains it.
  let sentence: String?
  /// All parts in words, if one is too short for a label.
  let parts: String?

  /// The parts for the first probe with a limit on its downtime, or for the first probe if none has one, in the trial
  /// with its longest downtime. Nil if it was not down, or if no milestone shows the cause.
  init?(_ trials: [TrialMetrics], _ began: RunBegan) {
    let objective = began.scenario.objectives.first { $0.metric == .downtime && $0.relation == .max }
    guard let probe = objective?.subject ?? began.scenario.steady.probes.first else { return nil }
    func downtime(_ trial: TrialMetrics) -> Nanoseconds? {
      trial.probes.first { $0.probe == probe }?.downtime.interval?.estimate
    }
    guard
      let trial = trials.filter({ downtime($0) ?? .zero > .zero }).max(by: {
        downtime($0) ?? .zero < downtime($1) ?? .zero
      }), let effect = trial.effective?.estimate,
      let outages = trial.probes.first(where: { $0.probe == probe })?.outages,
      let back = outages.last?.firstOk, back > effect
    else { return nil }
    let phases = (trial.recoveryPhases ?? []).filter { phase in
      phase.begin < back - effect && phase.length.interval.map { $0.estimate > .zero } ?? false
    }
    let lost = phases.map { (phase: $0, length: Self.time(of: $0, in: outages, since: effect)) }
    // The bar is the way from the fault to the service's return. It explains no outage that is a small part of it.
    guard let longest = lost.max(by: { $0.length < $1.length }),
      lost.reduce(.zero, { $0 + $1.length }) >= (back - effect) / 2
    else { return nil }
    let hasManager = began.of(trial: trial.trial).fleet.hasManager
    let way = RecoveryWay(trial, hasManager: hasManager)
    let limit = objective.flatMap { objective in
      Picture.end(ofDowntime: Nanoseconds(objective.limit), outages).map {
        (at: $0 - effect, text: "\(probe) allowed \(Figures.limit(Nanoseconds(objective.limit)))")
      }
    }
    wide = way.svg(.wide, end: back - effect, limit: limit)
    narrow = way.svg(.narrow, end: back - effect, limit: limit)
    let isSmall = phases.contains { Self.length($0).inSeconds * 12 < (back - effect).inSeconds }
    parts =
      isSmall
      ? phases.map { phase in
        "\(Wording.phase(phase.kind, hasManager: hasManager)) \(Figures.time(Self.length(phase)))"
      }.joined(separator: " · ")
      : nil
    let which = trials.count == 1 ? "Of it" : "Of the longest, in trial \(trial.trial),"
    let timer = trial.budgets?.first { $0.reaction == .storageWaits }.map {
      "; \($0.view)’s own timer alone is up to \(Figures.time($0.most))"
    }
    let phase = longest.phase
    // Then no reaction of the platform ended the outage, even if it tried several.
    let endedWithFault = phase.kind == .faultEnd && effect + phase.begin + Self.length(phase) <= back
    sentence =
      "\(which) \(Figures.time(longest.length)) "
      + (endedWithFault
        ? "passed until the fault’s end: no reaction of the platform brought \(probe) back before."
        : "was waiting for \(Wording.phase(phase.kind, hasManager: hasManager))\(timer ?? "").")
  }

  /// How much of a phase was in outages.
  private static func time(
    of phase: RecoveryPhase, in outages: [Outage], since effect: Nanoseconds
  ) -> Nanoseconds {
    let begin = effect + phase.begin
    let end = begin + length(phase)
    return outages.reduce(.zero) { sum, outage in
      guard let firstOk = outage.firstOk else { return sum }
      return sum + max(min(end, firstOk) - max(begin, outage.firstFail), .zero)
    }
  }

  private static func length(_ phase: RecoveryPhase) -> Nanoseconds {
    phase.length.interval?.estimate ?? .zero
  }
}
