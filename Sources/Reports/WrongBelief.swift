import Metrics
import Scenario

/// A row of the report's table: how long a view's report differed from the truth.
struct WrongBelief {
  let view: String
  let what: String
  let length: String
  /// Whether it is monitoring's blindness, the most important of these rows.
  let isBlind: Bool

  /// The rows of a trial: all rows of monitoring, of managers only those with an error, and the ages of data.
  static func all(_ trial: TrialMetrics) -> [WrongBelief] {
    let monitoring = (trial.blindness ?? []).flatMap { blindness -> [WrongBelief] in
      func row(_ what: String, _ span: Span, isBlind: Bool = false) -> WrongBelief {
        let share =
          isBlind && span.isPositive
          ? blindness.blindPerMillion.map { ", \(Figures.percent(perMillion: $0)) of that time" } ?? "" : ""
        return WrongBelief(
          view: blindness.view, what: what, length: Figures.span(span) + share,
          isBlind: isBlind && span.isPositive)
      }
      return [
        row(
          "a probe was down, and the view reported no problem"
            + (blindness.oldest.map { ", by data up to \(Figures.time($0)) old" } ?? ""),
          blindness.blind, isBlind: true),
        row("a probe was down, and the view gave no report", blindness.silent),
        row("nothing was broken, and the view had a complaint", blindness.falseAlarm),
      ]
    }
    let managers = (trial.accuracy ?? []).flatMap { accuracy -> [WrongBelief] in
      let errors = [
        ("a host or virtual machine that was up was shown as down", accuracy.falseDown),
        ("a virtual machine that ran on no host was shown as running", accuracy.falseUp),
        ("a virtual machine was shown on a wrong host", accuracy.wrongHost),
        ("the view gave no report", accuracy.unknown),
      ].filter { $0.1.isPositive }.map {
        WrongBelief(view: accuracy.view, what: $0.0, length: Figures.span($0.1), isBlind: false)
      }
      guard !errors.isEmpty, let correct = accuracy.correctPerMillion else { return errors }
      let share = Figures.percent(perMillion: correct)
      return errors + [
        WrongBelief(
          view: accuracy.view, what: "share of the time in which its report was right", length: share,
          isBlind: false)
      ]
    }
    let ages = (trial.ages ?? []).map {
      WrongBelief(
        view: $0.view, what: "age of the oldest data behind its reports", length: Figures.time($0.oldest),
        isBlind: false)
    }
    return monitoring + managers + ages
  }

  /// The maximum number of sentences. More would hide the rest of the first screen.
  private static let most = 3

  /// The times for which monitoring was blind: a sentence for each length, the longest first.
  static func sentences(_ trials: [TrialMetrics]) -> [String] {
    let views = trials.first?.blindness?.map(\.view) ?? []
    var found: [(views: [String], rest: String, length: Nanoseconds)] = []
    for view in views {
      let results = trials.compactMap { $0.blindness?.first { $0.view == view } }
      let blind = results.filter { $0.blind.isPositive }
      guard let worst = Span.longest(blind.map(\.blind)),
        let of = results.first(where: { $0.blind == worst }) ?? blind.first
      else { continue }
      let down = of.down.interval.map { " of the \(Figures.time($0.estimate)) in which" } ?? " while"
      let which =
        trials.count == 1 ? "" : " (in \(blind.count) of \(trials.count) trials; this is the longest)"
      let rest =
        "reported that all is well for \(Figures.span(worst))\(down) \(of.probes.joined(separator: " or ")) was down\(which)."
      if let index = found.firstIndex(where: { $0.rest == rest }) {
        found[index].views.append(view)
      } else {
        let length: Nanoseconds =
          switch worst {
          case .measured(let interval): interval.estimate
          case .censored(let bound): bound
          case .notObserved: .zero
          }
        found.append(([view], rest, length))
      }
    }
    let sorted = found.sorted { $0.length > $1.length }
    let further = sorted.dropFirst(most).flatMap(\.views)
    let rest =
      further.isEmpty ? [] : ["\(further.joined(separator: ", ")) did so for a shorter time: see the table."]
    return sorted.prefix(most).map { item in
      let last = item.views.count > 1 ? " and \(item.views[item.views.count - 1])" : ""
      let first = item.views.count > 1 ? item.views.dropLast().joined(separator: ", ") : item.views[0]
      return "\(first)\(last) \(item.rest)"
    } + rest
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
