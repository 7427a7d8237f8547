import FoundationEssentials
import Journal
import Metrics
import Scenario

extension Report {
  /// `junit.xml`: a suite for the run's verdict, and a suite per trial. A trial's cases are its steps, objectives,
  /// safety promises and recovery. Every case is always present under the same name, so that tools can show its
  /// history.
  ///
  /// A known problem is a failure. A case that could not be judged (undecided, void, unknown) is an error, since it
  /// must not count as passed. The first suite has a failure or an error unless the run's exit code is 0.
  package func junit() -> Data {
    let suites =
      [Suite(name: "\(began.scenario.name) run", cases: [verdict])]
      + metrics.trials.map { Suite(name: "\(began.scenario.name) trial \($0.trial)", cases: cases($0)) }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(Markup.escaped(began.run))\""
    let counts = Suite(name: "", cases: suites.flatMap(\.cases)).counts
    return Data(
      ("\(head) \(counts)>\n" + suites.map { $0.xml(at: began.wall) }.joined() + "</testsuites>\n").utf8)
  }

  private struct Case {
    enum Outcome {
      case passed(String)
      /// A known problem. `type` is a word for tools.
      case failure(type: String, String)
      /// The case could not be judged. `type` is a word for tools.
      case error(type: String, String)
    }
    let name: String
    let outcome: Outcome

    func xml(in suite: String) -> String {
      let element =
        switch outcome {
        case .passed(let text): "<system-out>\(Markup.escaped(text))</system-out>"
        case .failure(let type, let text): "<failure type=\"\(type)\" message=\"\(Markup.escaped(text))\"/>"
        case .error(let type, let text): "<error type=\"\(type)\" message=\"\(Markup.escaped(text))\"/>"
        }
      return "    <testcase classname=\"\(Markup.escaped(suite))\" name=\"\(Markup.escaped(name))\">\n"
        + "      \(element)\n    </testcase>\n"
    }
  }

  private struct Suite {
    let name: String
    let cases: [Case]

    var counts: String {
      let failures = cases.count { if case .failure = $0.outcome { true } else { false } }
      let errors = cases.count { if case .error = $0.outcome { true } else { false } }
      return "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    }

    func xml(at wall: String) -> String {
      "  <testsuite name=\"\(Markup.escaped(name))\" \(counts) skipped=\"0\" timestamp=\"\(Markup.escaped(wall))\">\n"
        + cases.map { $0.xml(in: name) }.joined() + "  </testsuite>\n"
    }
  }

  private var verdict: Case {
    let text = Headline(began, metrics).line
    let type = metrics.verdict.outcome.rawValue
    let outcome: Case.Outcome =
      switch metrics.verdict.outcome {
      case .met: .passed(text)
      case .damage, .faultActive, .missed: .failure(type: type, text)
      case .aborted, .refused, .unfinished, .void, .undecided: .error(type: type, text)
      }
    return Case(name: "verdict", outcome: outcome)
  }

  private func cases(_ trial: TrialMetrics) -> [Case] {
    began.scenario.timeline.map { step($0, in: trial) } + trial.objectives.map { objective($0, in: trial) }
      + trial.safety.map { safety($0, in: trial) } + [recovery(trial)]
  }

  private func step(_ step: Step, in trial: TrialMetrics) -> Case {
    let leases = trial.leases.filter { $0.step == step.name }
    let outcome: Case.Outcome
    if let missing = trial.stepsNotDone.first(where: { $0.step == step.name }) {
      outcome = .error(type: "void", "did not happen: \(missing.reason)")
    } else if let idle = leases.first(where: { $0.effective == nil }) {
      outcome = .error(
        type: "void",
        "\(idle.fault) on \(idle.host) never became effective" + (idle.failure.map { ": \($0)" } ?? ""))
    } else if began.scenario.shorterFault != .counts, let shortfall = leases.compactMap(\.shortfall).first {
      outcome = .error(type: "void", shortfall)
    } else if leases.isEmpty {
      outcome = .error(
        type: "void", "did not happen: \(trial.void ?? trial.aborted ?? "its faults phase did not begin")")
    } else {
      let lines = leases.flatMap { lease in
        ["\(lease.fault) on \(lease.host): \(lease.object)"] + (Wording.damage(of: lease).map { [$0] } ?? [])
      }
      outcome = .passed(lines.joined(separator: "; "))
    }
    return Case(name: "step \(step.name)", outcome: outcome)
  }

  private func objective(_ result: ObjectiveResult, in trial: TrialMetrics) -> Case {
    let measured =
      Figures.figure(result.figure) + (result.objective.metric == .residue ? differences(trial.residue) : "")
    let demand = Figures.demand(result.objective)
    let outcome: Case.Outcome =
      switch result.verdict {
      case .met: .passed(measured)
      case .missed: .failure(type: "missed", "\(measured); required is \(demand)")
      case .undecided:
        .error(
          type: "undecided", "undecided: \(measured); required is \(demand); \(Wording.remark(result) ?? "")")
      case .void(let reason): .error(type: "void", "void: \(reason)")
      }
    return Case(name: "\(result.objective.key) \(demand)", outcome: outcome)
  }

  private func safety(_ result: SafetyResult, in trial: TrialMetrics) -> Case {
    var text = Figures.figure(result.figure)
    switch result.kind {
    case .lostWrites:
      text += " acknowledged writes lost"
      if let writes = trial.writes.first(where: { $0.probe == result.subject }) {
        text += WrittenData(writes).parts.map { "; \($0)" }.joined()
      }
    case .replicas:
      text += " replicas differ"
      if let writes = trial.writes.first(where: { $0.probe == result.subject }) {
        text += WrittenData(writes).differences.map { "; \($0)" }.joined()
      }
    case .runningTwice: text += " on two hosts at once"
    case .splitBrain: text += " entries in split-brain"
    case .residue: text += differences(trial.residue)
    }
    let outcome: Case.Outcome =
      switch result.outcome {
      case .kept: .passed(text)
      case .broken: .failure(type: "damage", text)
      case .unknown(let reason): .error(type: "undecided", "not known: \(reason)")
      }
    return Case(name: result.key, outcome: outcome)
  }

  private func recovery(_ trial: TrialMetrics) -> Case {
    let outcome: Case.Outcome
    if let text = trial.unrecovered {
      outcome = .failure(type: "missed", text)
    } else if trial.recoveryOutcome == .stable {
      outcome = .passed("stable")
    } else if let why = trial.void ?? trial.aborted {
      outcome = .error(type: "void", "not awaited: \(why)")
    } else {
      outcome = .passed("the journal doesn’t have its outcome")
    }
    return Case(name: "recovery", outcome: outcome)
  }

  /// The differences that count as residue, and the others.
  private func differences(_ residue: Residue) -> String {
    let lines = HostChange.counted(residue).map { "\($0.host): \($0.text)" }
    let others = HostChange.byOthers(residue).map { "\($0.host): \($0.text)" }
    return (lines.isEmpty ? "" : ": " + lines.joined(separator: "; "))
      + (others.isEmpty ? "" : "; not counted: " + others.joined(separator: "; "))
  }
}
