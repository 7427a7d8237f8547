import Metrics
import Scenario

/// The named parts of a recovery, from the first effect to full redundancy.
struct RecoveryWay {
  /// A row of the report's table.
  struct Part {
    let name: String
    let took: String
    let until: String
    let at: String
    /// The time of its end, for the page's script. Nil if the end was not observed.
    let moment: String?
    let style: String
  }

  let parts: [Part]
  private let phases: [RecoveryPhase]
  private let hasManager: Bool

  init(_ trial: TrialMetrics, hasManager: Bool) {
    self.hasManager = hasManager
    phases = trial.recoveryPhases ?? []
    parts = phases.map { phase in
      let time = trial.milestones.first { $0.kind == phase.kind.end }?.time
      return Part(
        name: Wording.phase(phase.kind, hasManager: hasManager), took: Figures.span(phase.length),
        until: Wording.milestone(phase.kind.end, hasManager: hasManager),
        at: time.map(Figures.span) ?? "–",
        moment: time?.interval.map { Moment.text($0.estimate) }, style: Self.style(phase.kind))
    }
  }

  /// The parts as a bar.
  ///
  /// - Parameters:
  ///   - end: leaves out the parts after this time since the effect. Nil for none.
  ///   - limit: a line with its text. It is drawn if it is within the bar, or not far beyond its end.
  func svg(
    _ layout: Picture.Layout, end: Nanoseconds? = nil, limit: (at: Nanoseconds, text: String)? = nil
  ) -> String {
    let shown = phases.filter { phase in
      phase.length.interval.map { $0.estimate > .zero } ?? false && (end.map { phase.begin < $0 } ?? true)
    }
    let last = shown.map { $0.begin + ($0.length.interval?.estimate ?? .zero) }.max() ?? .zero
    guard last > .zero else { return "" }
    let isLimited = limit.map { $0.at <= last * 2 } ?? false
    let total = max(last, isLimited ? limit?.at ?? .zero : .zero).inSeconds
    let (top, height) = (isLimited ? 17.0 : 0, 30.0)
    let scale = (layout.width - 3) / total
    var svg = SVG()
    for phase in shown {
      guard let length = phase.length.interval?.estimate else { continue }
      let (x, width) = (phase.begin.inSeconds * scale, length.inSeconds * scale)
      let name = Wording.phase(phase.kind, hasManager: hasManager)
      let style = Self.style(phase.kind)
      svg.rect(
        x, top, max(width - 2, 1.5), height, style, radius: 2, title: "\(name): \(Figures.time(length))")
      let texts = ["\(name) \(Figures.time(length))", Figures.time(length)]
      if let text = texts.first(where: { Double($0.count) * 7 + 8 <= width }) {
        svg.text(x + width / 2, top + 20, text, "\(style)-text", anchor: "middle")
      }
    }
    if isLimited, let limit {
      let x = limit.at.inSeconds * scale
      svg.line(x, top - 4, x, top + height + 4, "limit-line")
      let isLate = x > layout.width / 2
      svg.text(x + (isLate ? -5 : 5), 12, limit.text, "limit-text", anchor: isLate ? "end" : "start")
    }
    let words = shown.map { phase in
      "\(Wording.phase(phase.kind, hasManager: hasManager)) \(Figures.short(phase.length))"
    }.joined(separator: ", ")
    let box = "0 0 \(SVG.number(layout.width)) \(SVG.number(top + height + (isLimited ? 5 : 0)))"
    return "<svg class=\"\(layout == .wide ? "wide" : "narrow")\" viewBox=\"\(box)\""
      + " role=\"img\" aria-label=\"\(Markup.escaped(words))\">\(svg.body)</svg>"
  }

  /// The style of the part that ends with a milestone.
  static func style(until milestone: Milestone.Kind) -> String {
    style(RecoveryPhase.Kind(until: milestone))
  }

  /// Adjacent parts differ in lightness, so that they can be distinguished in a grey print.
  private static func style(_ kind: RecoveryPhase.Kind) -> String {
    switch kind {
    case .detection: "s0"
    case .failOver: "s1"
    case .serviceReturn: "s2"
    case .returnToNormal: "s3"
    case .faultEnd: "s4"
    case .resync: "s5"
    }
  }
}
