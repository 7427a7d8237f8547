import Journal
import Scenario
import Views

extension ScenarioReader {
  /// Reads one demand, `website.downtime: max 60s`, and tells what it can't be measured against.
  mutating func objective(_ entry: Element.Entry, steady: Scenario.Steady) -> Objective? {
    let key = key(entry, steady)
    guard let metric = key?.metric ?? Self.metric(in: entry.key) else { return nil }
    guard let (relation, limit) = limit(entry.value, metric, entry.key), let key else { return nil }
    warn(key.subject, metric, limit, entry.value.position)
    return Objective(subject: key.subject, metric: metric, relation: relation, limit: limit)
  }

  /// The metric that a key means, whatever its subject.
  private static func metric(in key: String) -> Metric? {
    Metric(rawValue: key.split(separator: ".").last.map(String.init) ?? "")
  }

  private mutating func key(_ entry: Element.Entry, _ steady: Scenario.Steady) -> (
    subject: String?, metric: Metric
  )? {
    let metrics = Metric.allCases.map(\.rawValue)
    // A key starts where its mark is; where it is quoted, one further on.
    let place = Element(
      position: entry.position,
      content: .scalar(Scalar(text: entry.key, isPlain: !entry.isQuoted, isVerbatim: true)))
    // A name may have dots, a metric has none: the last one stands between them.
    let dot = entry.key.lastIndex(of: ".")
    let last = dot.map { String(entry.key[entry.key.index(after: $0)...]) } ?? entry.key
    let subject = dot.map { String(entry.key[..<$0]) }
    let metricPlace = place.position(at: entry.key.unicodeScalars.count - last.unicodeScalars.count)
    if let colon = last.firstIndex(of: ":") {
      findings.error(
        metricPlace,
        "objectives: a blank is missing after the colon: did you mean '\(subject.map { $0 + "." } ?? "")"
          + "\(last[..<colon]): \(last[last.index(after: colon)...])'?")
      return nil
    }
    guard let metric = Metric(rawValue: last) else {
      if knows(entry.key, steady) {
        findings.error(
          place.position(at: 0),
          "objectives: '\(entry.key)' is a subject: expected '\(entry.key).METRIC', with \(fitting(entry.key, steady))"
        )
      } else {
        let fit = subject.map { metricsFitting($0, steady) } ?? metrics
        let hint =
          Nearest.name(to: last, among: metrics).map { ": did you mean '\($0)'?" }
          ?? Nearest.hint(last, among: fit.isEmpty ? metrics : fit)
        findings.error(metricPlace, "objectives: unknown metric '\(last.clipped)'\(hint)")
      }
      if let subject { judge(subject, nil, steady, place.position(at: 0)) }
      return nil
    }
    guard let subject else {
      if metric.subject == .run { return (nil, metric) }
      let example = subjects(for: metric, steady).first ?? "NAME"
      findings.error(
        metricPlace, "objectives: \(last) is \(metric.subject.possessive): did you mean '\(example).\(last)'?"
      )
      return nil
    }
    if metric.subject == .run {
      findings.error(
        place.position(at: 0),
        "objectives: \(last) is about the run as a whole: did you mean '\(last)' alone?")
      return nil
    }
    return judge(subject, metric, steady, place.position(at: 0)) ? (subject, metric) : nil
  }

  private func knows(_ name: String, _ steady: Scenario.Steady) -> Bool {
    guard let fleet else { return steady.probes.contains(name) || steady.views.contains(name) }
    return fleet.probe(name) != nil || fleet.view(name) != nil || fleet.vm(name) != nil
  }

  /// The names of all that a metric can be about. By itself, a scenario has only those that it watches, and can't tell
  /// which kinds of probe and view they are.
  private func subjects(for metric: Metric, _ steady: Scenario.Steady) -> [String] {
    guard let fleet else {
      return switch metric.subject {
      case .probe, .appendProbe: steady.probes
      case .managerView, .storageView: steady.views
      case .vm, .run: []
      }
    }
    switch metric.subject {
    case .probe: return fleet.probes.map(\.name)
    case .appendProbe: return fleet.probes.filter { $0.kind == .append }.map(\.name)
    case .vm: return fleet.vms.map(\.name)
    case .managerView: return fleet.views.filter { $0.kind.form == .manager }.map(\.name)
    case .storageView: return fleet.views.filter { $0.kind.form == .storage }.map(\.name)
    case .run: return []
    }
  }

  private func metricsFitting(_ subject: String, _ steady: Scenario.Steady) -> [String] {
    Metric.allCases.filter { subjects(for: $0, steady).contains(subject) }.map(\.rawValue)
  }

  private func fitting(_ subject: String, _ steady: Scenario.Steady) -> String {
    let metrics = metricsFitting(subject, steady)
    return metrics.isEmpty ? "no metric fits it" : Nearest.list(metrics)
  }

  /// Whether a subject exists, is watched, and has the metric; nil asks for no metric in particular.
  @discardableResult
  private mutating func judge(
    _ subject: String, _ metric: Metric?, _ steady: Scenario.Steady, _ place: Position
  ) -> Bool {
    guard let fleet else { return judgeAlone(subject, metric, steady, place) }
    guard knows(subject, steady) else {
      let names = metric.map { subjects(for: $0, steady) } ?? []
      let all = fleet.probes.map(\.name) + fleet.views.map(\.name) + fleet.vms.map(\.name)
      let hint =
        subject.isEmpty ? "" : Nearest.hint(subject, among: names.isEmpty ? all : names)
      findings.error(place, "objectives: unknown subject '\(subject.clipped)'\(hint)")
      return false
    }
    if let metric, !subjects(for: metric, steady).contains(subject) {
      let fit = metricsFitting(subject, steady)
      let has = fit.isEmpty ? "which has no metric" : "which has \(Nearest.list(fit))"
      findings.error(
        place, "objectives: \(metric.rawValue) is \(metric.subject.possessive), not of '\(subject)', \(has)")
      return false
    }
    if fleet.vm(subject) == nil, !steady.probes.contains(subject), !steady.views.contains(subject) {
      let list = fleet.probe(subject) != nil ? "probes" : "views"
      findings.error(
        place, "objectives: '\(subject)' isn't watched in this scenario: add it to steady's \(list)")
      return false
    }
    return true
  }

  /// The same without a fleet: what isn't watched can have no metric but those of a virtual machine.
  private mutating func judgeAlone(
    _ subject: String, _ metric: Metric?, _ steady: Scenario.Steady, _ place: Position
  ) -> Bool {
    guard let metric, !subjects(for: metric, steady).contains(subject) else { return true }
    let isWatched = knows(subject, steady)
    if metric.subject == .vm, !isWatched, !subject.isEmpty { return true }
    let list = [.probe, .appendProbe].contains(metric.subject) ? "probes" : "views"
    findings.error(
      place,
      isWatched
        ? "objectives: \(metric.rawValue) is \(metric.subject.possessive), not of '\(subject)'"
        : "objectives: '\(subject.clipped)' isn't watched in this scenario: add it to steady's \(list)")
    return false
  }

  private mutating func limit(
    _ element: Element, _ metric: Metric, _ key: String
  ) -> (relation: Objective.Relation, limit: Int64)? {
    switch Objective.limit(element, of: metric) {
    case .success(let limit): return limit
    case .failure(let complaint):
      findings.error(element.position(at: complaint.offset), "\(key.clipped): \(complaint.message)")
      return nil
    }
  }

  /// A thing looked at rarely can't be found to keep a short limit.
  private mutating func warn(_ subject: String?, _ metric: Metric, _ limit: Int64, _ place: Position) {
    guard let subject, metric.unit == .duration, metric != .latencyP99, limit > 0,
      let every = fleet?.probe(subject)?.every ?? fleet?.view(subject)?.every, every.count > limit / 10
    else { return }
    findings.warning(
      place,
      "'\(subject)' is looked at every \(every), more than a tenth of this limit: the figure will be too coarse; "
        + "at most \(Nanoseconds(max(1, limit / 10))) would do")
  }
}

extension Metric.Subject {
  fileprivate var possessive: String {
    switch self {
    case .probe: "a metric of probes"
    case .appendProbe: "a metric of append probes"
    case .vm: "a metric of virtual machines"
    case .managerView: "a metric of the manager's view (pacemaker)"
    case .storageView: "a metric of the storage's view (gluster)"
    case .run: "a metric of the run"
    }
  }
}
