import Metrics
import Scenario

/// A row of the report's table: how far a service or the storage was from its normal state, apart from outages.
struct ServiceLevel {
  /// The lane to which it belongs.
  let subject: String
  let what: String
  let value: String

  /// The heading of the rows. Without a view of storage nothing is known of redundancy.
  static func heading(_ trial: TrialMetrics) -> String {
    trial.storage.isEmpty ? "Service" : "Service and redundancy"
  }

  static func all(_ trial: TrialMetrics, of scenario: Scenario) -> [ServiceLevel] {
    trial.probes.flatMap { probe -> [ServiceLevel] in
      func row(_ what: String, _ value: String) -> ServiceLevel {
        ServiceLevel(subject: probe.probe, what: what, value: value)
      }
      let least = scenario.service(probe.probe)?.mbco.map {
        row(
          "longest time without an answer within \(Figures.limit($0)) (MBCO)", Figures.span(probe.disruption))
      }
      let budget = trial.errorBudgets?.first { $0.probe == probe.probe }.map { budget in
        row(
          "share of the error budget: \(Figures.budget(budget))",
          budget.used.map(Figures.share) ?? "not observed")
      }
      return [row("answered later than normal", Figures.span(probe.degraded))]
        + [least, budget].compactMap { $0 }
    }
      + trial.writes.map { writes in
        ServiceLevel(
          subject: writes.probe, what: "recovery point (RPA)", value: Figures.span(writes.recoveryPoint))
      }
      + (trial.lostVMTimes ?? []).map { lost in
        ServiceLevel(
          subject: lost.vm, what: "ran on no host, or was cut off from its clients",
          value: Figures.span(lost.time))
      }
      + (trial.lostVMTimes?.count ?? 0 > 1
        ? [
          ServiceLevel(
            subject: "all machines", what: "sum of that (VM-seconds)", value: Figures.span(trial.lostVMTime))
        ] : [])
      + trial.storage.map { storage in
        ServiceLevel(
          subject: storage.view, what: "a copy of the data was missing or outdated",
          value: Figures.span(storage.exposure))
      }
  }

  /// The used shares of a service's MTPD and error budget, in the trial that used most. Nil if it has neither limit.
  static func shares(_ probe: String, _ trials: [TrialMetrics]) -> String? {
    func most<Item>(_ items: [Item], _ share: (Item) -> LimitShare?) -> (Item, LimitShare)? {
      items.compactMap { item in share(item).map { (item, $0) } }.max {
        ($0.1.high ?? .max, $0.1.low) < ($1.1.high ?? .max, $1.1.low)
      }
    }
    let mtpd = most(
      trials.flatMap(\.objectives).filter {
        $0.objective.subject == probe && $0.objective.metric == .disruption
      }, \.used
    ).map { result, share in
      "\(Figures.share(share)) of its MTPD (\(Figures.limit(Nanoseconds(result.objective.limit))))"
    }
    let budget = most(trials.flatMap { $0.errorBudgets ?? [] }.filter { $0.probe == probe }, \.used).map {
      budget, share in "\(Figures.share(share)) of the \(Figures.budget(budget))"
    }
    let parts = [mtpd, budget].compactMap { $0 }
    return parts.isEmpty ? nil : "\(probe) used \(parts.joined(separator: ", and "))."
  }

  /// A shorter time is no more than single late answers.
  private static let leastDegraded = Nanoseconds.seconds(5)

  /// The facts for the first screen: a sentence for each subject, with the longest time of all trials.
  static func sentences(_ trials: [TrialMetrics]) -> [String] {
    func longest(
      _ subjects: [String], _ words: String, atLeast: Nanoseconds, _ span: (TrialMetrics, String) -> Span?
    )
      -> [String]
    {
      subjects.compactMap { subject in
        let spans = trials.compactMap { span($0, subject) }
        guard let longest = Span.longest(spans) else { return nil }
        let upTo = trials.count == 1 ? "" : "up to "
        switch longest {
        case .measured(let interval) where interval.estimate > atLeast:
          return "\(subject) \(words) for \(upTo)\(Figures.interval(interval))."
        case .censored(let bound) where bound > atLeast:
          return "\(subject) \(words) for more than \(Figures.time(bound)), and the end was not observed."
        case .measured, .censored, .notObserved: return nil
        }
      }
    }
    return longest(
      trials.first?.probes.map(\.probe) ?? [], "answered later than normal", atLeast: leastDegraded
    ) { trial, name in trial.probes.first { $0.probe == name }?.degraded }
      + longest(
        trials.first?.storage.map(\.view) ?? [], "had a copy of the data missing or outdated", atLeast: .zero
      ) { trial, name in trial.storage.first { $0.view == name }?.exposure }
  }
}
