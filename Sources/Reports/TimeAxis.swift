import Metrics
import Scenario

/// Maps times to coordinates of a picture.
struct TimeAxis {
  let begin: Nanoseconds
  let end: Nanoseconds
  /// The time that is labelled 0.
  let origin: Nanoseconds
  let left: Double
  let width: Double

  var right: Double { left + width }

  func x(_ time: Nanoseconds) -> Double {
    let span = max((end - begin).inSeconds, 1e-9)
    return left + min(max((time - begin).inSeconds / span, 0), 1) * width
  }

  /// The marks of the axis, at a round interval and at most this many.
  func ticks(atMost count: Int) -> [Nanoseconds] {
    let span = (end - begin).count
    let steps: [Int64] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]
    let step = (steps.first { $0 * 1_000_000_000 * Int64(count) >= span } ?? 14_400) * 1_000_000_000
    var ticks: [Nanoseconds] = []
    let first = (begin - origin).count
    var offset = first / step * step
    if offset < first { offset += step }
    while offset <= (end - origin).count {
      ticks.append(origin + Nanoseconds(offset))
      offset += step
    }
    return ticks
  }

  /// The label of a time, in seconds since the origin.
  func label(_ time: Nanoseconds) -> String {
    Figures.number(
      (time - origin).count, over: 1_000_000_000, decimals: (time - origin).count % 1_000_000_000 == 0 ? 0 : 1
    )
  }

  /// A time in whole milliseconds since the origin.
  func milliseconds(_ time: Nanoseconds) -> Int64 {
    let count = (time - origin).count
    return (count + (count < 0 ? -500_000 : 500_000)) / 1_000_000
  }

  func reading(_ words: String, _ from: Nanoseconds, _ to: Nanoseconds) -> SVG.Reading {
    SVG.Reading(words: words, begin: milliseconds(from), end: milliseconds(to))
  }

  /// For example `from 0.1 s to 52.4 s`, since the origin.
  func range(_ from: Nanoseconds, _ to: Nanoseconds) -> String {
    let number = { (time: Nanoseconds) in
      Figures.number((time - origin).count, over: 1_000_000_000, decimals: 1)
    }
    return "from \(number(from)) to \(number(to)) s"
  }
}

extension TimeAxis {
  /// The axis of a trial's picture.
  init(_ trial: TrialMetrics, _ layout: Picture.Layout) {
    self.init(
      begin: trial.begin, end: max(trial.phases.last?.end ?? trial.end, trial.end),
      origin: trial.effective?.estimate ?? trial.begin, left: layout.left,
      width: layout.width - layout.left - layout.right)
  }
}
