import Metrics
import Scenario

/// The recovery from the first effect to full redundancy, divided at its milestones.
struct RecoveryWay {
  struct Segment {
    let from: String
    let to: String
    let took: String
    let at: String
    let style: String
    /// Its share of the bar in thousandths; nil if it has no length.
    let grow: String?
    /// The text in the bar, if there is space.
    let label: String
  }

  let segments: [Segment]

  init(_ trial: TrialMetrics) {
    var segments: [Segment] = []
    let total = trial.milestones.compactMap(\.time.interval?.estimate.count).max() ?? 0
    var (last, name) = (Nanoseconds.zero, "effect")
    for (index, milestone) in trial.milestones.enumerated() {
      let to = Wording.milestone(milestone.kind)
      guard let time = milestone.time.interval?.estimate else {
        segments.append(
          Segment(
            from: "effect", to: to, took: "not observed", at: Figures.span(milestone.time), style: "s6",
            grow: nil,
            label: ""))
        continue
      }
      let took = time - last
      let share = total > 0 ? took.count * 1000 / total : 0
      segments.append(
        Segment(
          from: name, to: to, took: Figures.time(took), at: Figures.span(milestone.time),
          style: "s\(index % 6)", grow: took > .zero ? String(max(share, 1)) : nil,
          label: share >= 120 ? Figures.time(took) : ""))
      (last, name) = (time, to)
    }
    self.segments = segments
  }
}
