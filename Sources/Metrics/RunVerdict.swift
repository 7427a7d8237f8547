import Journal
import Scenario

/// The verdict on a run. Only this type decides: the headline, every report, JUnit and the exit code follow it.
package struct RunVerdict: Encodable, Equatable, Sendable {
  /// The reasons against the run, the most severe first; empty if everything was met.
  package var reasons: [Reason]

  /// The outcomes of a run, the most severe first. If several apply, the first is the run's.
  package enum Outcome: String, Codable, CaseIterable, Sendable {
    /// A safety promise was broken, however the run ended.
    case damage
    /// A fault may still be active.
    case faultActive = "fault-active"
    /// The run was aborted, and every fault was reverted.
    case aborted
    /// The run was refused before any fault.
    case refused
    /// The journal ends in the middle of the run.
    case unfinished
    /// An objective was missed, or the platform did not recover.
    case missed
    /// A trial or an objective is void: a fault was not active for its planned time, a step did not happen, or
    /// nothing was measured.
    case void
    /// The measurement can't decide whether an objective was met or a promise was kept.
    case undecided
    /// Every objective was met, and there is no damage.
    case met
  }

  /// A reason against a run.
  package struct Reason: Encodable, Equatable, Sendable {
    /// The outcome that follows from it.
    package var outcome: Outcome
    /// The trial; nil for the whole run.
    package var trial: Int?
    /// Its subject: the key of an objective or of a promise, `recovery`, `trial`, or `run`.
    package var subject: String
    /// An explanation; nil if the measurements show it.
    package var text: String?
    /// The probe that leaves it undecided.
    package var doubt: Doubt?
  }

  package var outcome: Outcome { reasons.first?.outcome ?? .met }

  /// The exit code of `murphy run`: 5 if a fault may still be active, 3 if the run was refused, 4 if it was aborted,
  /// otherwise 1 if there is any reason against it, and 0 if there is none.
  package var exitCode: Int32 {
    let outcomes = Set(reasons.map(\.outcome))
    if outcomes.contains(.faultActive) { return 5 }
    if outcomes.contains(.refused) { return 3 }
    if outcomes.contains(.aborted) { return 4 }
    return reasons.isEmpty ? 0 : 1
  }

  private enum CodingKeys: String, CodingKey { case outcome, exitCode, reasons }

  /// Writes the outcome, the exit code and the reasons.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(exitCode, forKey: .exitCode)
    try container.encode(reasons, forKey: .reasons)
  }
}

extension RunVerdict {
  init(_ ending: RunEnding, _ trials: [TrialMetrics], of scenario: Scenario) {
    var reasons: [Reason] = []
    func add(
      _ outcome: Outcome, _ subject: String, trial: Int? = nil, _ text: String? = nil, doubt: Doubt? = nil
    ) {
      reasons.append(Reason(outcome: outcome, trial: trial, subject: subject, text: text, doubt: doubt))
    }
    switch ending {
    case .completed:
      if trials.isEmpty { add(.unfinished, "run", "no trial began") }
      let missing = scenario.trials - trials.count
      if !trials.isEmpty, missing > 0 {
        add(.void, "run", "\(missing) of \(scenario.trials) trials did not begin")
      }
    case .refused(let texts): for text in texts { add(.refused, "run", text) }
    case .aborted(let text): add(.aborted, "run", text)
    case .faultsActive(let faults): for fault in faults { add(.faultActive, "run", fault) }
    case .cut: add(.unfinished, "run", "the journal ends in the middle of the run")
    }
    var isRefused = false
    if case .refused = ending { isRefused = true }
    for trial in trials {
      // A refused run has tested nothing.
      if isRefused { break }
      for result in trial.safety {
        switch result.outcome {
        case .kept: break
        case .broken: add(.damage, result.key, trial: trial.trial)
        case .unknown(let why): add(.undecided, result.key, trial: trial.trial, why)
        }
      }
      if let void = trial.void { add(.void, "trial", trial: trial.trial, void) }
      if let text = trial.unrecovered { add(.missed, "recovery", trial: trial.trial, text) }
      for result in trial.objectives {
        switch result.verdict {
        case .met: break
        case .missed: add(.missed, result.objective.key, trial: trial.trial)
        case .undecided:
          add(.undecided, result.objective.key, trial: trial.trial, doubt: result.doubt)
        case .void(let why):
          if trial.void == nil { add(.void, result.objective.key, trial: trial.trial, why) }
        }
      }
    }
    let order = Outcome.allCases
    self.init(reasons: order.flatMap { outcome in reasons.filter { $0.outcome == outcome } })
  }
}
