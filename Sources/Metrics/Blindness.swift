import Journal
import Scenario

/// The reports of monitoring while a service was down, and while nothing was broken.
///
/// Monitoring is a view that gives a verdict. A service is down during the outages of the run's probes; see `Outage`
/// for their bounds. A verdict changed between two queries.
package struct Blindness: Encodable, Equatable, Sendable {
  package var view: String
  /// The run's probes that were down at some time.
  package var probes: [String]
  /// The time in which at least one of them was down.
  package var down: Span
  /// The part of that time in which the view reported no problem.
  package var blind: Span
  /// The share of the time `down` for which it was blind, by the estimates, in millionths. Nil if one of the two was not
  /// measured, or if no probe was down.
  package var blindPerMillion: Int?
  /// The age of the oldest data behind its reports in that part, by the clock of their source. Nil if it wasn't blind, or the
  /// source doesn't report it.
  package var oldest: Nanoseconds?
  /// The part of that time in which the view gave no report.
  package var silent: Span
  /// The time in which the view had a complaint while no probe was down, no fault was active, and storage was whole.
  package var falseAlarm: Span
  /// The time in which the view gave no report, after its first one.
  package var noReport: Span
  /// The blind periods, by their estimates.
  package var periods: [Period]
  /// The periods of false alarms, by their estimates. Nil if there are none.
  package var falseAlarms: [Period]?

  package struct Period: Encodable, Equatable, Sendable {
    package var begin: Nanoseconds
    package var end: Nanoseconds
  }

  init(_ view: Fleet.View, _ probes: [ProbeMetrics], in trial: TrialRecord) {
    self.view = view.name
    self.probes = probes.filter { !$0.outages.isEmpty }.map(\.probe)
    let trace = trial.verdict(view)
    guard let first = trace.sights.first(where: { $0.state != nil }) else {
      let none = Span.notObserved(reason: "the view reported nothing")
      (down, blind, silent, falseAlarm, noReport, periods) = (none, none, none, none, none, [])
      return
    }
    let range = (from: trial.begin, to: trial.end)
    let outages = Self.outages(probes, in: trial)
    let well = trace.periods(in: trial) { $0.isWell }
    let unwell = trace.periods(in: trial) { !$0.isWell }
    let known = trace.periods(in: trial) { _ in true }
    let unknown = known.complement(from: max(range.from, first.at), to: range.to)
    noReport = .measured(unknown.length)
    let blind = outages.intersection(well)
    // The time in which all samples of a probe are unknown isn't part of its outages, although the service may have
    // been down.
    let hidden = probes.reduce(Nanoseconds.zero) { sum, probe in
      guard let high = probe.downtime.interval?.high else { return sum }
      return sum + high - probe.outages.reduce(.zero) { $0 + ($1.length.interval?.high ?? .zero) }
    }
    let isOpen = probes.contains { $0.outages.last.map { $0.firstOk == nil } ?? false }
    func span(_ length: Interval, goesOn: Bool) -> Span {
      if isOpen, goesOn { return .censored(moreThan: length.low) }
      return .measured(length + Interval(estimate: .zero, low: .zero, high: hidden))
    }
    guard probes.contains(where: { $0.downtime.isObserved }) else {
      let none = Span.notObserved(reason: "no probe had a result")
      (down, self.blind, silent, falseAlarm, periods) = (none, none, none, none, [])
      return
    }
    if let probe = probes.first(where: { $0.outagesLeftOut != nil }) {
      let none = Span.notObserved(reason: "\(probe.probe) had more outages than are listed")
      (down, self.blind, silent, falseAlarm, periods) = (none, none, none, none, [])
      return
    }
    let last = trace.sights.last?.state
    down = span(outages.length, goesOn: true)
    self.blind = span(blind.length, goesOn: last?.isWell == true)
    if let blind = self.blind.interval?.estimate, let down = down.interval?.estimate, down > .zero {
      blindPerMillion = Int(Double(blind.count) / Double(down.count) * 1e6)
    }
    silent = span(outages.intersection(unknown).length, goesOn: last == nil)
    let broken = outages.union(Self.faults(in: trial)).union(trial.storagePeriods { !$0.isWhole })
    let alarms = unwell.intersection(broken.complement(from: max(range.from, first.at), to: range.to))
    falseAlarm = .measured(alarms.length)
    func listed(_ periods: BoundedPeriods) -> [Period] {
      periods.estimate.all.map { Period(begin: $0.begin, end: $0.end) }
    }
    periods = listed(blind)
    oldest = periods.compactMap { trace.oldest(from: $0.begin, to: $0.end) { $0.isWell } }.max()
    falseAlarms = alarms.estimate.all.isEmpty ? nil : listed(alarms)
  }

  private static func outages(_ probes: [ProbeMetrics], in trial: TrialRecord) -> BoundedPeriods {
    let outages = probes.flatMap(\.outages)
    return BoundedPeriods(
      estimate: Periods(outages.map { ($0.firstFail, $0.firstOk ?? trial.end) }),
      certain: Periods(
        outages.map { outage in
          let least: Nanoseconds =
            switch outage.length {
            case .measured(let length): length.low
            case .censored(let bound): bound
            case .notObserved: .zero
            }
          return (outage.lastFail - least, outage.lastFail)
        }),
      possible: Periods(
        outages.map { ($0.lastOk ?? trial.begin, $0.firstAnswer ?? trial.end) }))
  }

  private static func faults(in trial: TrialRecord) -> BoundedPeriods {
    BoundedPeriods(
      trial.leases.compactMap { lease in
        lease.effective.map { ($0, lease.over ?? Interval(exactly: trial.end)) }
      })
  }
}

extension Span {
  fileprivate var isObserved: Bool { if case .notObserved = self { false } else { true } }
}
