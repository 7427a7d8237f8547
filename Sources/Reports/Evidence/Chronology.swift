import Evidence
import FoundationEssentials
import Journal
import Metrics
import Scenario

/// The course of a run in the order of time: what the journal has, and the notes that state a time.
struct Chronology {
  struct Line: Equatable {
    /// The time of day in UTC: `06:30:12.4`, or the whole time for another day than the run's.
    let at: String
    /// Empty for a line that belongs to no trial.
    let trial: String
    let text: String
    let by: String
  }

  let lines: [Line]

  /// More outages of a probe are left out: the report has them.
  private static let mostOutages = 20

  init(_ report: Report, _ review: Review) {
    let (began, entries) = (report.began, report.entries)
    let start = (try? Date(began.wall, strategy: .iso8601)) ?? Date(timeIntervalSince1970: 0)
    let faults = Dictionary(
      entries.compactMap { entry -> (String, LeaseRequested)? in
        if case .leaseRequested(let request) = entry.event { (request.lease, request) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    var found: [(Date, Line)] = entries.compactMap { entry in
      guard let (text, at) = Self.text(entry, faults) else { return nil }
      let time = start + Double((at ?? entry.at).count) / 1e9
      let trial = entry.trial == 0 ? "" : String(entry.trial)
      return (time, Line(at: Self.clock(time, since: start), trial: trial, text: text, by: "Murphy"))
    }
    for trial in report.metrics.trials {
      for probe in trial.probes {
        for outage in probe.outages.prefix(Self.mostOutages) {
          func add(_ text: String, at: Nanoseconds) {
            let time = start + Double(at.count) / 1e9
            found.append(
              (
                time,
                Line(at: Self.clock(time, since: start), trial: String(trial.trial), text: text, by: "Murphy")
              ))
          }
          add("\(probe.probe): first failed request of an outage", at: outage.firstFail)
          if let back = outage.firstOk { add("\(probe.probe): answers again", at: back) }
        }
      }
    }
    for entry in review.entries {
      let (text, moment): (String, String?) =
        switch entry.content {
        case .note(let text, let moment): (text, moment)
        case .intervention(let text, let moment, let seconds):
          ("intervention of \(Figures.spent(seconds)): \(text)", moment)
        case .finding, .acknowledged: ("", nil)
        }
      guard let moment, let time = try? Date(moment, strategy: .iso8601) else { continue }
      found.append((time, Line(at: Self.clock(time, since: start), trial: "", text: text, by: entry.by)))
    }
    // Entries of the same time stay in the journal's order.
    lines = found.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(
      \.element.1)
  }

  private static func clock(_ time: Date, since start: Date) -> String {
    let whole = time.formatted(.iso8601.time(includingFractionalSeconds: true))
    let day = time.formatted(.iso8601.year().month().day())
    let clock = String(whole.prefix(10))
    return day == start.formatted(.iso8601.year().month().day()) ? clock : "\(day) \(clock)"
  }

  /// Nil for events that are not part of the course. The time is nil for that of the entry.
  private static func text(_ entry: Entry, _ faults: [String: LeaseRequested]) -> (String, Nanoseconds?)? {
    func fault(_ lease: String) -> String {
      faults[lease].map { "\($0.fault) on \($0.host)" } ?? "lease \(lease)"
    }
    return switch entry.event {
    case .runBegan: ("run began", nil)
    case .settingApplied(let applied): ("setting applied: \(applied.setting)", nil)
    case .runResumed(let resumed):
      ("resumed at \(resumed.wall), after its controller had ended", nil)
    case .phaseBegan(let phase): ("phase \(phase.rawValue) began", nil)
    case .baseline(let reasons, _):
      (
        reasons.isEmpty
          ? "precondition checked: the platform is healthy"
          : "precondition not met: \(reasons.joined(separator: "; "))", nil
      )
    case .stepChosen(let choice):
      (
        "step \(choice.step): \((choice.vms.isEmpty ? choice.hosts : choice.vms).joined(separator: ", "))",
        nil
      )
    case .leaseRequested(let request): ("\(fault(request.lease)) requested: \(request.object)", nil)
    case .leaseEffective(let effect): ("\(fault(effect.lease)) effective: \(effect.evidence)", effect.at)
    case .leaseEnded(let end): ("\(fault(end.lease)) ended early: \(end.reason)", end.firstEnded)
    case .leaseFailed(let lease, let message): ("\(fault(lease)) failed: \(message)", nil)
    case .leaseReverted(let revert):
      ("\(fault(revert.lease)) reverted by \(Wording.cause(revert.cause))", revert.at)
    case .hostLost(let host, let reason): ("connection to \(host) lost: \(reason)", nil)
    case .hostRegained(let host): ("connection to \(host) regained", nil)
    case .recoveryEnded(let outcome, let unwell):
      (
        "wait for recovery ended: \(outcome.rawValue)"
          + (unwell.isEmpty ? "" : ": \(unwell.joined(separator: "; "))"), nil
      )
    case .guardTripped(let condition): ("guard tripped: \(condition)", nil)
    case .interrupted(let signal): ("interrupted by \(signal)", nil)
    case .trialVoid(let reason): ("trial void: \(reason)", nil)
    case .runRefused(let reasons): ("run refused: \(reasons.joined(separator: "; "))", nil)
    case .runAborted(let reason): ("run aborted: \(reason)", nil)
    case .faultsActive(let faults): ("faults may still be active: \(faults.joined(separator: "; "))", nil)
    case .runEnded(let code): ("run ended with exit code \(code)", nil)
    case .hostSurveyed, .leaseReverting, .viewSeen, .domainSeen, .writesAudited, .residueAudited, .unknown:
      nil
    }
  }
}
