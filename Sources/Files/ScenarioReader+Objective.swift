import Journal
import Scenario
import Views

extension ScenarioReader {
  /// Reads one objective, `website.downtime: max 60s`, and reports why it can't be measured.
  mutating func objective(_ entry: Element.Entry, steady: Scenario.Steady) -> Objective? {
    let key = key(entry, steady)
    guard let metric = key?.metric ?? Self.metric(in: entry.key) else { return nil }
    guard let (relation, limit) = limit(entry.value, metric, entry.key), let key else { return nil }
    warn(key.subject, metric, limit, entry.value.position)
    return Objective(subject: key.subject, metric: metric, relation: relation, limit: limit)
  }

  /// The metric at the end of a key with any subject.
  private static func metric(in key: String) -> Metric? {
    Metric(rawValue: key.split(separator: ".").last.map(String.init) ?? "")
  }

  private mutating func key(_ entry: Element.Entry, _ steady: Scenario.Steady) -> (
    subject: String?, metric: Metric
  )? {
    let metrics = Metric.allCases.map(\.rawValue)
    // A key starts at its mark; a quoted one, one character later.
    let place = Element(
      position: entry.position,
      content: .scalar(Scalar(text: entry.key, isPlain: !entry.isQuoted, isVerbatim: true)))
    // A name may contain dots, a metric doesn't: the last dot separates them.
    let dot = entry.key.lastIndex(of: ".")
    let last = dot.map { String(entry.key[entry.key.index(after: $0)...]) } ?? entry.key
    let subject = dot.map { String(entry.key[..<$0]) }
    let metricPlace = place.position(at: entry.key.unicodeScalars.count - last.unicodeScalars.count)
    if let colon = last.firstIndex(of: ":") {
      findings.error(
        metricPlace,
        "objectives: a space is missing after the colon: did you mean '\(subject.map { $0 + "." } ?? "")"
          + "\(last[..<colon]): \(last[last.index(after: colon)...])'?", stage: .form)
      return nil
    }
    guard let metric = Metric(rawValue: last) else {
      if has(entry.key, steady) {
        findings.error(
          place.position(at: 0),
          "objectives: '\(entry.key)' is a subject: expected '\(entry.key).METRIC', with \(fitting(entry.key, steady))",
          .missing, stage: .form)
        // What is before the key's last dot was not meant as a subject.
        return nil
      }
      let fit = subject.map { metricsFitting($0, steady) } ?? metrics
      let hint =
        Nearest.name(to: last, among: metrics).map { ": did you mean '\($0)'?" }
        ?? Nearest.hint(last, among: fit.isEmpty ? metrics : fit)
      findings.error(
        metricPlace, "objectives: unknown metric '\(last.clipped)'\(hint)", .unknown, stage: .form)
      if let subject { judge(subject, nil, steady, place.position(at: 0)) }
      return nil
    }
    guard let subject else {
      if metric.subject == .run { return (nil, metric) }
      let example = subjects(for: metric, steady).first ?? "NAME"
      findings.error(
        metricPlace, "objectives: \(last) is \(metric.subject.kind): did you mean '\(example).\(last)'?",
        .unfit, stage: .form
      )
      return nil
    }
    if metric.subject == .run {
      findings.error(
        place.position(at: 0),
        "objectives: \(last) is a metric of the run: did you mean '\(last)'?", .unfit, stage: .form)
      return nil
    }
    return judge(subject, metric, steady, place.position(at: 0)) ? (subject, metric) : nil
  }

  private func has(_ name: String, _ steady: Scenario.Steady) -> Bool {
    guard let fleet else { return steady.probes.contains(name) || steady.views.contains(name) }
    return fleet.probe(name) != nil || fleet.view(name) != nil || fleet.vm(name) != nil
  }

  /// The names of all possible subjects. Without a fleet, only the watched subjects are known, and the kinds of probes
  /// and views are unknown.
  private func subjects(for metric: Metric, _ steady: Scenario.Steady) -> [String] {
    guard let fleet else {
      return switch metric.subject {
      case .probe, .appendProbe: steady.probes
      case .managerView, .storageView, .verdictView, .detectingView: steady.views
      case .vm, .run: []
      }
    }
    switch metric.subject {
    case .probe: return fleet.probes.map(\.name)
    case .appendProbe: return fleet.probes.filter { $0.kind == .append }.map(\.name)
    case .vm: return fleet.vms.map(\.name)
    case .managerView, .storageView, .verdictView, .detectingView:
      let forms = metric.subject.forms
      return fleet.views.filter { $0.kind.form.map(forms.contains) ?? false }.map(\.name)
    case .run: return []
    }
  }

  private func metricsFitting(_ subject: String, _ steady: Scenario.Steady) -> [String] {
    Metric.allCases.filter { subjects(for: $0, steady).contains(subject) }.map(\.rawValue)
  }

  private func fitting(_ subject: String, _ steady: Scenario.Steady) -> String {
    let metrics = metricsFitting(subject, steady)
    return metrics.isEmpty ? "it has no metric" : Nearest.list(metrics)
  }

  /// Whether a subject exists, is watched, and has the metric; with nil, whether it has any.
  @discardableResult
  private mutating func judge(
    _ subject: String, _ metric: Metric?, _ steady: Scenario.Steady, _ place: Position
  ) -> Bool {
    guard let fleet else { return judgeAlone(subject, metric, steady, place) }
    guard has(subject, steady) else {
      let names = metric.map { subjects(for: $0, steady) } ?? []
      let all = fleet.probes.map(\.name) + fleet.views.map(\.name) + fleet.vms.map(\.name)
      let hint =
        subject.isEmpty ? "" : Nearest.hint(subject, among: names.isEmpty ? all : names)
      findings.error(place, "objectives: unknown subject '\(subject.clipped)'\(hint)", .absent)
      return false
    }
    if let metric, !subjects(for: metric, steady).contains(subject) {
      let fit = metricsFitting(subject, steady)
      let has = fit.isEmpty ? "which has no metric" : "which has \(Nearest.list(fit))"
      findings.error(
        place, "objectives: \(metric.rawValue) is \(metric.subject.kind), not of '\(subject)', \(has)", .unfit
      )
      return false
    }
    if fleet.vm(subject) == nil, !steady.probes.contains(subject), !steady.views.contains(subject) {
      let list = fleet.probe(subject) != nil ? "probes" : "views"
      findings.error(
        place, "objectives: '\(subject)' isn't watched in this scenario: add it to steady's \(list)",
        .unwatched)
      return false
    }
    return true
  }

  /// The same check without a fleet. A subject that isn't watched can then only be a virtual machine.
  private mutating func judgeAlone(
    _ subject: String, _ metric: Metric?, _ steady: Scenario.Steady, _ place: Position
  ) -> Bool {
    guard let metric, !subjects(for: metric, steady).contains(subject) else { return true }
    let isWatched = has(subject, steady)
    if metric.subject == .vm, !isWatched, !subject.isEmpty { return true }
    let list = [.probe, .appendProbe].contains(metric.subject) ? "probes" : "views"
    findings.error(
      place,
      isWatched
        ? "objectives: \(metric.rawValue) is \(metric.subject.kind), not of '\(subject)'"
        : "objectives: '\(subject.clipped)' isn't watched in this scenario: add it to steady's \(list)",
      isWatched ? .unfit : .unwatched)
    return false
  }

  private mutating func limit(
    _ element: Element, _ metric: Metric, _ key: String
  ) -> (relation: Objective.Relation, limit: Int64)? {
    switch Objective.limit(element, of: metric) {
    case .success(let limit): return limit
    case .failure(let complaint):
      findings.error(
        element.position(at: complaint.offset), "\(key.clipped): \(complaint.message)", complaint.kind,
        stage: .form)
      return nil
    }
  }

  /// A long interval between samples can't measure a short limit.
  private mutating func warn(_ subject: String?, _ metric: Metric, _ limit: Int64, _ place: Position) {
    guard let subject, metric.unit == .duration, !metric.traits.contains(.isLatency), limit > 0,
      let every = fleet?.probe(subject)?.every ?? fleet?.view(subject)?.every, every.count > limit / 10
    else { return }
    findings.warning(
      place,
      "'\(subject)' is sampled every \(every), more than a tenth of this limit: the measurement is too coarse; "
        + "use at most \(Nanoseconds(max(1, limit / 10)))", .coarse)
  }
}

extension Metric.Subject {
  fileprivate var kind: String {
    switch self {
    case .probe: "a metric of probes"
    case .appendProbe: "a metric of append probes"
    case .vm: "a metric of virtual machines"
    case .managerView: "a metric of a manager's view (\(keys))"
    case .storageView: "a metric of a storage view (\(keys))"
    case .verdictView: "a metric of a view that gives a verdict (\(keys))"
    case .detectingView: "a metric of a manager's view or one that gives a verdict (\(keys))"
    case .run: "a metric of the run"
    }
  }

  /// The forms of belief of the views that have the metric.
  fileprivate var forms: [Belief.Form] {
    switch self {
    case .managerView: [.manager]
    case .storageView: [.storage]
    case .verdictView: [.verdict]
    case .detectingView: [.manager, .verdict]
    case .probe, .appendProbe, .vm, .run: []
    }
  }

  private var keys: String { forms.flatMap { Views.keys(of: $0) }.joined(separator: ", ") }
}
