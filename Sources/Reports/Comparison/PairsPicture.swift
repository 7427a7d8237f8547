import Comparison
import Scenario
import Statistics

/// Every pair of trials that is compared as a small square, and the number of pairs that support each claim.
struct PairsPicture {
  private let pairs: [[TrialPair]]
  private let layout: Picture.Layout

  /// With more trials a side the squares are too small, and the page too large.
  private static let mostDrawn = 40
  private static let greatestSize = 14.0
  /// The distance between two blocks, in squares.
  private static let gap = 0.6

  /// Nil without pairs, and for too many.
  init?(_ metric: MetricComparison, _ layout: Picture.Layout) {
    pairs = metric.pairs.filter { !$0.isEmpty }
    self.layout = layout
    let most = max(metric.base.count, metric.candidate.count)
    guard !pairs.isEmpty, most <= Self.mostDrawn * (metric.isInterleaved ? 2 : 1) else { return nil }
  }

  func svg() -> String {
    var svg = SVG()
    let (left, right) = (ComparisonPicture.left(layout), ComparisonPicture.right(layout))
    let columns = pairs.map { Self.numbers($0.map(\.base)) }
    let rows = pairs.map { Self.numbers($0.map(\.candidate)) }
    let squares = columns.reduce(0) { $0 + $1.count }
    let width = Double(squares) + Self.gap * Double(pairs.count - 1)
    let size = min((right - left) / width, Self.greatestSize)
    let which = pairs.count > 1 ? ", in each block" : ""
    svg.text(0, 14, "pairs\(which): trials of the base across, of the candidate down", "note")
    var x = left
    let top = 26.0
    for (block, pairs) in pairs.enumerated() {
      for pair in pairs {
        draw(
          pair.claim, x + Double(pair.base - columns[block].lowerBound) * size,
          top + Double(pair.candidate - rows[block].lowerBound) * size, size,
          "trial \(pair.candidate) of the candidate against trial \(pair.base) of the base: \(Self.words(pair.claim))",
          &svg)
      }
      x += (Double(columns[block].count) + Self.gap) * size
    }
    var y = top + Double(rows.map(\.count).max() ?? 0) * size + 12
    let all = pairs.flatMap { $0 }
    for claim in [Claim.better, .noRegression, nil, .worse] {
      let count = all.count { $0.claim == claim }
      if count == 0 { continue }
      draw(claim, left, y, 12, nil, &svg)
      svg.text(left + 20, y + 10, "\(count) of \(all.count): \(Self.words(claim))", "label")
      y += 19
    }
    return ComparisonPicture.element(svg, layout, height: y, label: "what each pair of trials shows")
  }

  private static func numbers(_ numbers: [Int]) -> ClosedRange<Int> {
    (numbers.min() ?? 0)...(numbers.max() ?? 0)
  }

  /// Lightness and a cross distinguish the squares too, so that a print in grey keeps the meaning.
  private func draw(
    _ claim: Claim?, _ x: Double, _ y: Double, _ size: Double, _ title: String?, _ svg: inout SVG
  ) {
    let style =
      switch claim {
      case .better: "pair-better"
      case .noRegression: "pair-kept"
      case .worse: "pair-worse"
      case nil: "pair-open"
      }
    let inner = size * 0.84
    svg.rect(x, y, inner, inner, style, title: title)
    guard claim == .worse else { return }
    svg.line(x, y, x + inner, y + inner, "cross")
    svg.line(x, y + inner, x + inner, y, "cross")
  }

  private static func words(_ claim: Claim?) -> String {
    switch claim {
    case .better: "better by more than the margin"
    case .noRegression: "not worse by more than the margin"
    case .worse: "worse by more than the margin"
    case nil: "undecided by their bounds"
    }
  }
}
