import Evidence
import FoundationEssentials
import Glibc
import Journal
import Metrics
import Mustache
import Scenario

/// `evidence.html`: a run as evidence, for people who were not there: what was planned, what happened, what was found,
/// and who signed it. A missing fact is shown as not stated.
package struct EvidencePage {
  let policy = PagePolicy.policy(style: EvidenceTemplate.style)
  let style = EvidenceTemplate.style
  let title: String
  let run: String
  let mark: String
  let verdict: String
  let tone: String
  let sentences: [String]
  let findingsLine: String
  let signaturesLine: String
  /// Of the plan, without the conclusion.
  let sections: [Section]
  let conclusion: [Section]
  let results: [Fact]
  let objectives: [Row]
  let hasObjectives: Bool
  let chronology: [Row]
  let deviations: [String]
  let hasFindings: Bool
  let findings: [Row]
  let notes: [Row]
  let hasNotes: Bool
  let signatures: [Row]
  let integrity: [String]
  let files: [Row]
  let commands: String

  struct Section {
    let title: String
    let facts: [Fact]
  }

  struct Fact {
    let name: String
    let lines: [String]
    let isStated: Bool
  }

  struct Row {
    let cells: [String]
  }

  /// - Parameters:
  ///   - review: what people added.
  ///   - verification: the comparison of the folder with its manifest and signatures.
  ///   - digests: SHA-256 by file.
  ///   - earlier: the runs of the same scenario and fleet before this one.
  package init(
    _ report: Report, _ review: Review, _ verification: Verification,
    digests: [(name: String, digest: String)], earlier: EarlierRuns = EarlierRuns()
  ) {
    let (began, metrics) = (report.began, report.metrics)
    let headline = Headline(began, metrics)
    let scenario = began.scenario
    title = scenario.title.isEmpty ? scenario.name : scenario.title
    run = began.run
    (mark, verdict, tone) = (headline.mark, headline.verdict, headline.tone.rawValue)
    sentences = headline.items + headline.sentences
    let all = review.findings
    let open = all.count { $0.state == .open }
    findingsLine =
      all.isEmpty
      ? "No finding was added." : "\(Figures.things(open, "open finding")) of \(all.count)."
    signaturesLine = Self.signaturesLine(verification)
    let sections = Self.sections(report, open: all.filter { $0.state == .open })
    self.sections = sections.dropLast()
    conclusion = sections.suffix(1)
    results = [
      Fact(name: "manual interventions", lines: [Self.interventionsLine(review)], isStated: true),
      Fact(
        name: "change since the last run", lines: earlier.changes, isStated: !earlier.changes.isEmpty),
      Fact(name: "earlier findings", lines: earlier.findings, isStated: !earlier.findings.isEmpty),
    ]
    objectives = metrics.trials.flatMap { trial in
      trial.objectives.map { result in
        let measured = if case .void = result.verdict { "–" } else { Figures.figure(result.figure) }
        return Row(cells: [
          String(trial.trial), result.objective.key,
          Figures.demand(result.objective) + (Wording.used(result).map { " (\($0))" } ?? ""), measured,
          Wording.verdict(result.verdict),
        ])
      }
    }
    hasObjectives = !objectives.isEmpty
    chronology = Chronology(report, review).lines.map {
      Row(cells: [$0.at, $0.trial, $0.text, $0.by])
    }
    let deviations = Deviations.all(report)
    self.deviations = deviations.isEmpty ? ["None was found."] : deviations
    findings = all.map(Self.row)
    hasFindings = !all.isEmpty
    notes = review.entries.compactMap { entry in
      switch entry.content {
      case .note(let text, nil): Row(cells: [entry.at, entry.by, text])
      case .intervention(let text, nil, let seconds):
        Row(cells: [entry.at, entry.by, "intervention of \(Figures.spent(seconds)): \(text)"])
      case .acknowledged: Row(cells: [entry.at, entry.by, "acknowledged the result"])
      case .note, .intervention, .finding: nil
      }
    }
    hasNotes = !notes.isEmpty
    let signedAs = verification.signed.compactMap(\.statement?.role)
    signatures =
      verification.signed.map { Self.row($0) }
      + Manifest.Role.allCases.filter { !signedAs.contains($0) }.map {
        Row(cells: [$0.rawValue, "not stated", "not stated", "no signature"])
      }
    integrity = VerificationWords(verification).lines
    files = digests.map { Row(cells: [$0.name, $0.digest]) }
    commands = Self.commands(verification)
  }

  /// - Throws: `ReportError.rendering`.
  package func html() throws(ReportError) -> Data {
    do {
      return Data(try MustacheTemplate(string: EvidenceTemplate.page).render(self).utf8)
    } catch {
      throw .rendering(file: "evidence.html", reason: "\(error)")
    }
  }

  private static func signaturesLine(_ verification: Verification) -> String {
    let names = verification.signed.compactMap { signed in
      signed.statement.map { "\($0.role.rawValue) by \($0.name)" }
    }
    if names.isEmpty { return "It is not signed." }
    return "Signed: \(names.joined(separator: ", "))."
      + (verification.isWhole ? "" : " The folder is not as it was signed or recorded: see Integrity.")
  }

  /// People note what they did, so a run without a note is not shown to have had none.
  private static func interventionsLine(_ review: Review) -> String {
    let (count, seconds) = review.interventions
    if count == 0 { return "none was noted" }
    return "\(count), \(Figures.spent(seconds)) in all"
  }

  /// `2026-11-23 07:30:00 +0100 (CET)`, in the zone of this process; nil if the text is not a time.
  private static func localTime(_ wall: String) -> String? {
    guard let date = try? Date(wall, strategy: .iso8601),
      var seconds = time_t(exactly: date.timeIntervalSince1970.rounded(.down))
    else { return nil }
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return nil }
    var text = [CChar](repeating: 0, count: 100)
    let length = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S %z (%Z)", &parts)
    return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The facts of the drill, with those that the run itself knows.
  private static func sections(_ report: Report, open findings: [Finding]) -> [Section] {
    let (began, metrics) = (report.began, report.metrics)
    let scenario = began.scenario
    let drill = (scenario.drill ?? Drill()).over(began.fleet.drill)
    let length = report.entries.last?.at ?? .zero
    let versions = began.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return Drill.Section.allCases.map { section in
      let stated = Drill.Field.allCases.filter { $0.section == section }.map { field in
        Fact(name: field.summary, lines: drill[field], isStated: !drill[field].isEmpty)
      }
      func known(_ name: String, _ lines: [String]) -> Fact {
        Fact(name: name, lines: lines, isStated: !lines.isEmpty)
      }
      let own: [Fact] =
        switch section {
        case .identification:
          [
            known("run", [began.run]), known("scenario", [scenario.name]),
            known("fleet", ["\(began.fleet.name): \(began.fleet.hosts.map(\.name).joined(separator: ", "))"]),
            known("actual window", ["from \(began.wall) for \(Figures.time(length))"]),
            known(
              "began, in the local time of the machine that wrote this page",
              localTime(began.wall).map { [$0] } ?? []),
            known("seed", [String(began.seed)]), known("versions", versions),
          ]
        case .basis:
          [
            known("incidents that it rehearses", scenario.rehearses),
            known("objectives", scenario.objectives.map { "\($0.key): \(Figures.demand($0))" }),
            known("needed levels of services", (scenario.services ?? []).map(Wording.service)),
          ]
        case .scope:
          [
            known("faults", scenario.timeline.map { "\($0.name): \(Wording.step($0))" }),
            known(
              "precondition", ["healthy for \(scenario.steady.duration) before the first fault"]),
            known("guards", scenario.guards.map { "abort when \($0.when)" }),
          ]
        case .people: []
        case .conclusion:
          [
            known("conclusion", [concluded(metrics.verdict.outcome, open: findings)]),
            known(
              "verdict",
              ["\(metrics.verdict.outcome.rawValue), exit code \(metrics.verdict.exitCode)"]),
          ]
        }
      return Section(title: section.rawValue.capitalizedFirst, facts: own + stated)
    }
  }

  /// Passed, passed with conditions, or failed. A finding that is open is a condition.
  private static func concluded(_ outcome: RunVerdict.Outcome, open findings: [Finding]) -> String {
    switch outcome {
    case .met where findings.isEmpty: "passed"
    case .met:
      "passed, with conditions: \(findings.map { "\($0.title) (finding \($0.number))" }.joined(separator: "; "))"
    case .missed, .damage, .faultActive: "failed"
    case .undecided, .void, .aborted, .refused, .unfinished: "neither passed nor failed"
    }
  }

  private static func row(_ finding: Finding) -> Row {
    let cause = finding.cause.map { finding.isCauseShown ? "shown: \($0)" : "supposed: \($0)" }
    return Row(cells: [
      String(finding.number), finding.title, finding.severity.rawValue, cause ?? "not stated",
      finding.action ?? "not stated", finding.owner ?? "not stated", finding.due ?? "not stated",
      finding.state.rawValue, finding.retest ?? "–",
    ])
  }

  private static func row(_ signed: Verification.Signed) -> Row {
    Row(cells: [
      signed.statement?.role.rawValue ?? "–", signed.statement?.name ?? "–", signed.statement?.at ?? "–",
      VerificationWords.check(signed),
    ])
  }

  private static func commands(_ verification: Verification) -> String {
    var lines = ["sha256sum --check manifest.sha256"]
    for signed in verification.signed where signed.check != .withoutStatement {
      lines.append("sha256sum --check \(signed.file)")
      lines.append(
        "ssh-keygen -Y verify -f ALLOWED_SIGNERS -I IDENTITY -n \(Signature.namespace) -s \(signed.file).sig < \(signed.file)"
      )
    }
    return lines.joined(separator: "\n")
  }
}
