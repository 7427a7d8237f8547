import Metrics
import Scenario

/// A row of the report's table: how long a view's report differed from the truth.
struct WrongBelief {
  let view: String
  let what: String
  let length: String
  /// Whether it is monitoring's blindness, the most important of these rows.
  let isBlind: Bool

  /// The rows of a trial: all rows of monitoring, and of managers only those with an error.
  static func all(_ trial: TrialMetrics) -> [WrongBelief] {
    let monitoring = (trial.blindness ?? []).flatMap { blindness -> [WrongBelief] in
      func row(_ what: String, _ span: Span, isBlind: Bool = false) -> WrongBelief {
        WrongBelief(
          view: blindness.view, what: what, length: Figures.span(span), isBlind: isBlind && span.isPositive)
      }
      return [
        row("a probe was down, and the view reported no problem", blindness.blind, isBlind: true),
        row("a probe was down, and the view gave no report", blindness.silent),
        row("nothing was broken, and the view had a complaint", blindness.falseAlarm),
      ]
    }
    let managers = (trial.accuracy ?? []).flatMap { accuracy in
      [
        ("a host or virtual machine that was up was shown as down", accuracy.falseDown),
        ("a virtual machine that ran on no host was shown as running", accuracy.falseUp),
        ("a virtual machine was shown on a wrong host", accuracy.wrongHost),
        ("the view gave no report", accuracy.unknown),
      ].filter { $0.1.isPositive }.map {
        WrongBelief(view: accuracy.view, what: $0.0, length: Figures.span($0.1), isBlind: false)
      }
    }
    return monitoring + managers
  }

  /// How long monitoring was blind, a sentence for each view.
  static func sentences(_ trials: [TrialMetrics]) -> [String] {
    let views = trials.first?.blindness?.map(\.view) ?? []
    return views.compactMap { view in
      let results = trials.compactMap { $0.blindness?.first { $0.view == view } }
      let blind = results.filter { $0.blind.isPositive }
      guard let worst = Span.longest(blind.map(\.blind)),
        let of = results.first(where: { $0.blind == worst }) ?? blind.first
      else { return nil }
      let down = of.down.interval.map { " of the \(Figures.time($0.estimate)) in which" } ?? " while"
      let which =
        trials.count == 1 ? "" : " (in \(blind.count) of \(trials.count) trials; this is the longest)"
      return
        "\(view) reported no problem for \(Figures.span(worst))\(down) \(of.probes.joined(separator: " or ")) was down\(which)."
    }
  }
}

extension Span {
  fileprivate var isPositive: Bool {
    switch self {
    case .measured(let interval): interval.estimate > .zero
    case .censored: true
    case .notObserved: false
    }
  }
}
