import Journal
import Scenario
import Views

/// Whether a safety promise was kept in a trial. Every run is judged by its promises, also without an objective for
/// them, and also in void and aborted trials.
package struct SafetyResult: Equatable, Sendable {
  package var kind: Safety.Kind
  /// Its probe, virtual machine or view; nil for the hosts.
  package var subject: String?
  /// The measurement: damaged writes, differing replicas, entries in split-brain, differences, or time on two hosts.
  package var figure: Figure
  package var outcome: Outcome

  package enum Outcome: Equatable, Sendable {
    /// It was kept, and the observations are sufficient to decide this.
    case kept
    /// There is damage.
    case broken
    /// It could not be decided, for this reason.
    case unknown(String)
  }

  /// `writes.lost`, `web.running-twice`, `storage.split-brain`, `residue`.
  package var key: String { subject.map { "\($0).\(kind.metric)" } ?? kind.metric }

  /// The promises of a trial.
  ///
  /// In a trial without a fault, promises that can't be decided are left out. Damage is always reported.
  static func all(
    in trial: TrialRecord, writes: [WriteMetrics], placements: [Placement], residue: Residue
  ) -> [SafetyResult] {
    let results =
      writes.map { SafetyResult(.lostWrites, of: $0.probe, $0.damaged) }
      + writes.filter { $0.reads.contains { $0.kind == .replica } }.map {
        SafetyResult(.replicas, of: $0.probe, $0.differingReplicas)
      }
      + placements.map(SafetyResult.init(placement:))
      + trial.began.fleet.views.compactMap { view in
        view.kind.form == .storage ? SafetyResult(splitBrain: view, in: trial) : nil
      } + [SafetyResult(.residue, of: nil, residue.count)]
    let isTried = !trial.leases.isEmpty || trial.phase(.audit) != nil
    return isTried ? results : results.filter { $0.outcome == .broken }
  }

  private init(_ kind: Safety.Kind, of subject: String?, _ count: Count) {
    self.kind = kind
    self.subject = subject
    figure = .count(count)
    outcome =
      switch count {
      case .counted(let count): count > 0 ? .broken : .kept
      case .notObserved(let reason): .unknown(reason)
      }
  }

  /// An overlap that the clocks' uncertainty alone can explain is not a failure.
  private init(placement: Placement) {
    kind = .runningTwice
    subject = placement.vm
    figure = .span(placement.runningTwice)
    outcome =
      switch placement.runningTwice {
      case .measured(let interval):
        interval.low > .zero ? .broken : placement.unseen.map { .unknown($0) } ?? .kept
      case .censored: .broken
      case .notObserved(let reason): .unknown(reason)
      }
  }

  /// Entries that were in split-brain before the run's first fault are not counted. A view that the scenario doesn't
  /// use is judged if it reported anything.
  private init?(splitBrain view: Fleet.View, in trial: TrialRecord) {
    var before = 0
    var most: Int?
    var isFaulty = false
    for entry in trial.known where entry.trial <= trial.number {
      switch entry.event {
      case .leaseRequested: isFaulty = true
      case .viewSeen(view.name, .storage(let state), _, isAside: false) where state.unknown == nil:
        if !isFaulty { before = state.splitBrain }
        // The state at the beginning of the trial counts, and all states during it.
        most = entry.trial < trial.number ? state.splitBrain : max(most ?? 0, state.splitBrain)
      default: break
      }
    }
    let isUsed = trial.views.contains { $0.name == view.name }
    guard most != nil || isUsed else { return nil }
    self.init(
      .splitBrain, of: view.name,
      most.map { .counted(max($0 - before, 0)) } ?? .notObserved(reason: "the view reported nothing"))
  }
}

extension Safety.Kind {
  /// The metric's name in keys of objectives.
  var metric: String {
    switch self {
    case .lostWrites: Metric.lost.rawValue
    case .replicas: Metric.differingReplicas.rawValue
    case .runningTwice: rawValue
    case .splitBrain: Metric.splitBrain.rawValue
    case .residue: Metric.residue.rawValue
    }
  }
}

extension SafetyResult: Encodable {
  private enum Key: String, CodingKey { case key, figure, outcome, reason }

  /// Writes `{"figure":…,"key":"writes.lost","outcome":"kept"}`, with the reason if it is undecided.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(key, forKey: .key)
    try container.encode(figure, forKey: .figure)
    switch outcome {
    case .kept: try container.encode("kept", forKey: .outcome)
    case .broken: try container.encode("broken", forKey: .outcome)
    case .unknown(let reason):
      try container.encode("unknown", forKey: .outcome)
      try container.encode(reason, forKey: .reason)
    }
  }
}
