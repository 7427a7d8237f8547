import Metrics
import Scenario

/// The recovery from the first effect to full redundancy, divided at its milestones.
struct RecoveryWay {
  struct Segment {
    let from: String
    let to: String
    let took: String
    let at: String
    /// When it ended, for the page's script; nil if that was not seen.
    let moment: String?
    let style: String
    let length: Nanoseconds
  }

  let segments: [Segment]

  init(_ trial: TrialMetrics) {
    var segments: [Segment] = []
    var (last, name) = (Nanoseconds.zero, "effect")
    for (index, milestone) in trial.milestones.enumerated() {
      let to = Wording.milestone(milestone.kind)
      guard let time = milestone.time.interval?.estimate else {
        segments.append(
          Segment(
            from: "effect", to: to, took: "not seen", at: Figures.span(milestone.time), moment: nil,
            style: "s6", length: .zero))
        continue
      }
      let took = time - last
      segments.append(
        Segment(
          from: name, to: to, took: Figures.time(took), at: Figures.span(milestone.time),
          moment: Moment.text(time), style: "s\(index % 6)", length: took))
      (last, name) = (time, to)
    }
    self.segments = segments
  }

  /// The segments as a bar.
  func svg(_ layout: Picture.Layout) -> String {
    let total = segments.reduce(Nanoseconds.zero) { $0 + $1.length }.inSeconds
    guard total > 0 else { return "" }
    let height = 30.0
    var svg = SVG()
    var x = 0.0
    for segment in segments where segment.length > .zero {
      let width = segment.length.inSeconds / total * layout.width
      svg.rect(
        x, 0, max(width - 2, 1.5), height, segment.style, radius: 2,
        title: "\(segment.from) to \(segment.to): \(segment.took)")
      if SVG.fits(segment.took, width) {
        svg.text(x + width / 2, 20, segment.took, "\(segment.style)-text", anchor: "middle")
      }
      x += width
    }
    let label = segments.filter { $0.length > .zero }.map { "\($0.to) after \($0.took)" }
    return
      "<svg class=\"\(layout == .wide ? "wide" : "narrow")\" viewBox=\"0 0 \(SVG.number(layout.width)) 30\""
      + " role=\"img\" aria-label=\"\(Markup.escaped(label.joined(separator: ", then ")))\">\(svg.body)</svg>"
  }
}
