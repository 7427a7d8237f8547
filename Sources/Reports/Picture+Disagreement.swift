import Journal
import Metrics
import Scenario
import Views

extension Picture {
  /// A kind of wrong belief of one view, as a row.
  private struct Error {
    let view: String
    let words: String
    var periods: [(begin: Nanoseconds, end: Nanoseconds)] = []
  }

  /// The wrong beliefs of views: a row for each kind of error, with the strongest mark of the picture. Nil if no view
  /// was wrong.
  func disagreement() -> Lane? {
    let errors = self.errors()
    if errors.isEmpty { return nil }
    let (height, gap) = (18.0, 3.0)
    return Lane(
      name: "disagreement", note: "belief against truth",
      height: Double(errors.count) * (height + gap) - gap
    ) { svg, top in
      for (index, error) in errors.enumerated() {
        let y = top + Double(index) * (height + gap)
        svg.rect(axis.left, y, axis.x(trial.end) - axis.left, height, "row")
        for period in error.periods {
          let (from, to) = (axis.x(period.begin), axis.x(period.end))
          let words = "\(error.words) for \(Figures.time(period.end - period.begin))"
          svg.rect(
            from, y, max(to - from, 1.5), height, "wrong",
            title: "\(error.view): \(words), \(axis.range(period.begin, period.end))",
            reading: axis.reading("\(error.view): \(error.words)", period.begin, period.end))
        }
        // Each row has one label, at its longest period.
        if let period = error.periods.max(by: { $0.end - $0.begin < $1.end - $1.begin }) {
          let (from, to) = (axis.x(period.begin), axis.x(period.end))
          let total = error.periods.reduce(Nanoseconds.zero) { $0 + ($1.end - $1.begin) }
          let length = Figures.time(total)
          draw(["\(error.words) for \(length)", length], &svg, from: from, to: to, y: y + 13, "wrong")
        }
        svg.text(
          axis.left - 6, y + 13, Self.cut(error.view, layout == .wide ? 12 : 9), "host", anchor: "end")
      }
    }
  }

  /// The first of the texts that fits into a mark, after it or before it. If none fits, the last one.
  func draw(
    _ texts: [String], _ svg: inout SVG, from: Double, to: Double, y: Double, _ style: String
  ) {
    for text in texts {
      let width = Double(text.count) * 6.2 + 10
      if width <= to - from {
        svg.text(from + 5, y, text, "on-\(style)")
      } else if to + width <= axis.right {
        svg.text(to + 5, y, text, "\(style)-name")
      } else if from - width >= axis.left || text == texts.last {
        svg.text(from - 5, y, text, "\(style)-name", anchor: "end")
      } else {
        continue
      }
      return
    }
  }

  private func errors() -> [Error] {
    var errors: [Error] = []
    func add(_ view: String, _ words: String, _ begin: Nanoseconds, _ end: Nanoseconds) {
      if begin >= end { return }
      if let index = errors.firstIndex(where: { $0.view == view && $0.words == words }) {
        errors[index].periods.append((begin, end))
      } else {
        errors.append(Error(view: view, words: words, periods: [(begin, end)]))
      }
    }
    for blindness in trial.blindness ?? [] {
      for period in blindness.periods {
        add(blindness.view, "reported OK while down", period.begin, period.end)
      }
      for period in blindness.falseAlarms ?? [] {
        add(blindness.view, "complained while all was well", period.begin, period.end)
      }
    }
    for detection in trial.detections where isManager(detection.view) && !isFalseUp(detection) {
      let effects = trial.leases.filter { $0.victims(trial.choices).contains(detection.object) }.compactMap(
        \.effective)
      guard let begin = (effects.map(\.estimate).min() ?? trial.effective?.estimate) else { continue }
      let length =
        switch detection.time {
        case .measured(let time): time.estimate
        case .censored(let bound): bound
        case .notObserved: Nanoseconds.zero
        }
      add(detection.view, "\(detection.object) not shown as failed", begin, begin + length)
    }
    for accuracy in trial.accuracy ?? [] {
      for error in accuracy.errors ?? [] {
        let words =
          switch error.kind {
          case .falseDown: "\(error.object) shown down, was up"
          case .falseUp: "\(error.object) shown up, ran nowhere"
          case .wrongHost: "\(error.object) shown on the wrong host"
          }
        add(accuracy.view, words, error.begin, error.end)
      }
    }
    return errors
  }

  /// Whether the object has its own row, since it was shown as running.
  private func isFalseUp(_ detection: Detection) -> Bool {
    let errors = trial.accuracy?.first { $0.view == detection.view }?.errors ?? []
    return errors.contains { $0.kind == .falseUp && $0.object == detection.object }
  }

  private func isManager(_ view: String) -> Bool { began.fleet.view(view)?.kind.form == .manager }
}
