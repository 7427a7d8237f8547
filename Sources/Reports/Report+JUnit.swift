import FoundationEssentials
import Journal
import Metrics
import Scenario

extension Report {
  /// `junit.xml`: a suite a trial, a case an objective; loss and residue are cases whether demanded or not.
  /// What could not be judged is an error: it must not pass for green.
  public func junit() -> Data {
    var suites = ""
    var totals = (tests: 0, failures: 0, errors: 0)
    for trial in metrics.trials {
      let cases = self.cases(trial)
      let failures = cases.filter { if case .failure = $0.outcome { true } else { false } }.count
      let errors = cases.filter { if case .error = $0.outcome { true } else { false } }.count
      totals = (totals.tests + cases.count, totals.failures + failures, totals.errors + errors)
      let name = "\(began.scenario.name) trial \(trial.trial)"
      suites +=
        "  <testsuite name=\"\(Markup.escaped(name))\" tests=\"\(cases.count)\" failures=\"\(failures)\""
      suites += " errors=\"\(errors)\" skipped=\"0\" timestamp=\"\(Markup.escaped(began.wall))\">\n"
      for test in cases {
        let head = "    <testcase classname=\"\(Markup.escaped(name))\" name=\"\(Markup.escaped(test.name))\""
        switch test.outcome {
        case .passed(let text):
          suites += "\(head)>\n      <system-out>\(Markup.escaped(text))</system-out>\n    </testcase>\n"
        case .failure(let text):
          suites += "\(head)>\n      <failure message=\"\(Markup.escaped(text))\"/>\n    </testcase>\n"
        case .error(let text):
          suites += "\(head)>\n      <error message=\"\(Markup.escaped(text))\"/>\n    </testcase>\n"
        }
      }
      suites += "  </testsuite>\n"
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(Markup.escaped(began.run))\""
    let counts = " tests=\"\(totals.tests)\" failures=\"\(totals.failures)\" errors=\"\(totals.errors)\">\n"
    return Data((head + counts + suites + "</testsuites>\n").utf8)
  }

  private struct Case {
    enum Outcome { case passed(String), failure(String), error(String) }
    let name: String
    let outcome: Outcome
  }

  private func cases(_ trial: TrialMetrics) -> [Case] {
    let lines = HostChange.counted(trial.residue).map { "\($0.host): \($0.text)" }
    let left = lines.isEmpty ? "" : ": " + lines.joined(separator: "; ")
    let others = HostChange.byOthers(trial.residue).map { "\($0.host): \($0.text)" }
    let beside = others.isEmpty ? "" : "; not counted: " + others.joined(separator: "; ")
    var cases = trial.objectives.map { result in
      let measured =
        Figures.figure(result.figure) + (result.objective.metric == .residue ? left + beside : "")
      let remark = Wording.remark(result).map { " (\($0))" } ?? ""
      let outcome: Case.Outcome =
        switch result.verdict {
        case .met: .passed(measured)
        case .missed: .failure("\(measured); demanded is \(Figures.demand(result.objective))")
        case .undecided(let countsAsMissed):
          countsAsMissed ? .failure("\(measured)\(remark)") : .passed("\(measured)\(remark)")
        case .void(let reason): .error("void: \(reason)")
        }
      return Case(name: "\(result.objective.key) \(Figures.demand(result.objective))", outcome: outcome)
    }
    let demanded = Set(trial.objectives.map(\.objective.key))
    func safety(_ key: String, _ count: Count, _ detail: String) {
      if demanded.contains(key) { return }
      let outcome: Case.Outcome =
        switch count {
        case .counted(0): .passed("0\(key == "residue" ? beside : "")")
        case .counted(let count): .failure("\(count)\(detail)")
        case .notObserved(let reason): .error("not observed: \(reason)")
        }
      cases.append(Case(name: key, outcome: outcome))
    }
    for write in trial.writes { safety("\(write.probe).lost", write.lost, " acknowledged writes absent") }
    safety("residue", trial.residue.count, left + beside)
    return cases
  }
}
