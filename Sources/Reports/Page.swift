import Journal
import Metrics
import Scenario

/// The values for the template of `report.html`, already as text.
struct Page {
  let policy = PagePolicy.text
  let style = HTMLTemplate.style
  let script = PageScript.text
  let title: String
  let scenario: String
  let wall: String
  let trialCount: String
  let seed: String
  let mark: String
  let verdict: String
  let tone: String
  let hasItems: Bool
  let items: [String]
  let sentences: [String]
  /// The parts of the lost time.
  let lostWide: String?
  let lostNarrow: String?
  let lostParts: String?
  /// The certainty of the verdict, and the facts that the report doesn't have.
  let certainty: String
  let hasOverview: Bool
  let overviewWide: String
  let overviewNarrow: String
  let hasSummaries: Bool
  let summaries: [Summary]
  let trials: [Trial]
  let hasSafety: Bool
  let safetyLines: [String]
  let hosts: [String]
  let hasEnvironment: Bool
  let environment: [Environment]
  let anyDiffers: Bool
  let plan: [Entry]
  let identity: [Entry]

  struct Entry {
    let name: String
    let lines: [String]
  }

  struct Environment {
    let key: String
    let values: [String]
    let differs: Bool
  }

  struct Summary {
    let key: String
    let demand: String
    let least: String
    let median: String
    let greatest: String
    let met: String
    let missed: String
    let undecided: String
    let void: String

    init(_ summary: ObjectiveSummary, trials: Int) {
      let metric = summary.objective.metric
      func value(_ value: Int64?) -> String {
        value.map { Figures.value($0, of: metric) } ?? (summary.censored > 0 ? "censored" : "–")
      }
      key = summary.objective.key
      demand = Figures.demand(summary.objective)
      (least, median, greatest) = (value(summary.least), value(summary.median), value(summary.greatest))
      met = "\(summary.met) of \(trials)"
      (missed, undecided, void) = ("\(summary.missed)", "\(summary.undecided)", "\(summary.void)")
    }
  }

  struct Trial {
    let heading: String?
    let notice: String?
    let wide: String
    let narrow: String
    let legend: [Legend]
    let hasObjectives: Bool
    let objectives: [Objective]
    let hasWay: Bool
    let wayWide: String
    let wayNarrow: String
    let parts: [RecoveryWay.Part]
    let outcome: String?
    let hasTimers: Bool
    let timers: [TimerRow]
    let hasLevels: Bool
    let levelsHeading: String
    let levels: [ServiceLevel]
    let outages: [Outage]
    let requests: [Requests]
    let latencies: [Latency]
    let hasRequestParts: Bool
    let requestParts: [RequestPartsRow]
    let safety: [Safety]
    let hasWrongBeliefs: Bool
    let wrongBeliefs: [WrongBelief]
    let hasDisagreements: Bool
    let disagreements: [Disagreement]
    let leases: [Lease]
    let shorterFault: String
    let choices: [String]
    let missing: [Missing]
    let hasResidue: Bool
    let residue: [Residue]
    let hasOthers: Bool
    let others: [Residue]
  }

  struct Objective {
    /// The lane to which it belongs.
    let lane: String
    let verdict: String
    let tone: String
    let key: String
    let measured: String
    let remark: String?
    let demand: String
    let used: String?
    let gauge: String

    init(_ result: ObjectiveResult, in trial: TrialMetrics) {
      let tone: Headline.Tone =
        switch result.verdict {
        case .met: .good
        case .missed: .bad
        case .undecided: .unsure
        case .void: .open
        }
      self.tone = tone.rawValue
      lane = result.objective.subject ?? ""
      verdict =
        switch result.verdict {
        case .met: "✓ met"
        case .missed: "✕ missed"
        case .undecided: "? undecided"
        case .void: "– void"
        }
      key = result.objective.key
      measured = if case .void = result.verdict { "–" } else { Figures.figure(result.figure) }
      // The reason for a void trial is written only once.
      remark = trial.void.map { result.verdict == .void($0) } ?? false ? nil : Wording.remark(result)
      demand = Figures.demand(result.objective)
      used = Wording.used(result)
      gauge = if case .void = result.verdict { "" } else { Gauge.svg(result, tone: tone) }
    }
  }

  struct Outage {
    let probe: String
    let at: String
    /// The same for the page's script: the range in the picture.
    let moment: String
    let length: String
    let failed: String
    let statuses: String
  }

  struct Requests {
    let probe: String
    let ok: String
    let failed: String
    let unknown: String
    let unsent: String
    /// Of unknown and unsent samples.
    let unknownShare: String
    let ratio: String
  }

  struct Latency {
    let probe: String
    let phase: String
    let p50: String
    let p99: String
    let max: String
    let answered: String
  }

  struct Disagreement {
    let sides: [Side]

    /// The first row has the columns that all sides share.
    struct Side {
      let lane: String
      var view = ""
      var at = ""
      var moment: String?
      var length = ""
      var hosts: String
      var believes: String
    }

    init(_ disagreement: Metrics.Disagreement, at: String, moment: String) {
      var sides = disagreement.sides.map { side in
        Side(
          lane: disagreement.view, hosts: side.hosts.joined(separator: ", "),
          believes: side.believes.isEmpty ? "none of these" : side.believes.joined(separator: ", "))
      }
      if !sides.isEmpty {
        sides[0].view = disagreement.view
        sides[0].at = at
        sides[0].moment = moment
        sides[0].length = Figures.time(disagreement.length)
      }
      self.sides = sides
    }
  }

  struct Safety {
    let what: String
    let value: String
    let tone: String
  }

  struct Lease {
    let fault: String
    let host: String
    let object: String
    let evidence: String?
    let requested: String
    let effective: String
    let took: String
    let held: String
    let reverted: String
    let by: String
    let late: String
  }

  struct Missing {
    let step: String
    let reason: String
  }

  struct Residue {
    let host: String
    let change: String
    let line: String
    let by: String
    let tone: String
    let because: String?

    init(_ change: HostChange, tone: Headline.Tone) {
      host = change.host
      self.change = change.change ?? ""
      line = change.line
      by = change.by
      self.tone = tone.rawValue
      because = change.because.isEmpty ? nil : change.because
    }
  }
}
