import Comparison
import FoundationEssentials
import Metrics
import Mustache
import Scenario
import Statistics

/// The report of a comparison, in each of its formats: every candidate against the base.
package struct ComparisonReport: Sendable {
  let comparisons: [SideComparison]

  /// - Parameter comparisons: At least one; all have the same base.
  package init(_ comparisons: [SideComparison]) { self.comparisons = comparisons }

  /// For a terminal.
  package var terminalLines: [String] {
    comparisons.flatMap { comparison in
      let words = ComparisonWords(comparison: comparison)
      return [
        "\(words.mark) \(comparison.candidate.label) against \(comparison.base.label) (\(words.grade)): \(words.verdict)"
      ] + words.sentences.map { "  \($0)" }
    }
  }

  /// `comparison.md`.
  package func markdown() -> Data {
    var text = ""
    for comparison in comparisons {
      let words = ComparisonWords(comparison: comparison)
      text +=
        "# \(words.mark) \(words.verdict): \(comparison.candidate.label) against \(comparison.base.label) (\(words.grade))\n\n"
      text += words.sentences.map { "- \($0)\n" }.joined()
      guard let primary = comparison.primary else { continue }
      text +=
        "\n| metric | margin | candidate minus base | at 95 % confidence | result |\n|---|---|---|---|---|\n"
      text += rows(comparison).map { "| \($0.cells.joined(separator: " | ")) |\n" }.joined()
      text += "\n| \(primary.key), trial | base | candidate |\n|---|---|---|\n"
      text += trials(primary).map { "| \($0.cells.joined(separator: " | ")) |\n" }.joined()
      if !comparison.phases.isEmpty {
        text += "\n| phase until | base | candidate | difference |\n|---|---|---|---|\n"
        text += phases(comparison).map { "| \($0.cells.joined(separator: " | ")) |\n" }.joined()
      }
      text += "\n"
    }
    return Data(text.utf8)
  }

  /// `comparison.json`. Keys are sorted; times are nanoseconds.
  ///
  /// - Throws: `ReportError.rendering`.
  package func json() throws(ReportError) -> Data {
    try JSONFile.data(comparisons.map(ComparisonDocument.init), name: "comparison.json")
  }

  /// `comparison.html`: one file, no network.
  ///
  /// - Throws: `ReportError.rendering`.
  package func html() throws(ReportError) -> Data {
    let page = ComparisonPage(
      kicker: kicker, title: title, hasSummary: comparisons.count > 1,
      key: comparisons.first?.primary?.key ?? "",
      summary: summary, pairing: pairing,
      sides: comparisons.map { comparison in
        let words = ComparisonWords(comparison: comparison)
        return ComparisonPage.Side(
          label:
            "\(Self.name(comparison.candidate)) against \(Self.name(comparison.base)) (\(words.grade))",
          mark: words.mark,
          verdict: words.verdict,
          tone: words.tone.rawValue, sentences: words.sentences,
          picture: comparison.primary.map {
            ComparisonPicture($0, .wide).svg() + ComparisonPicture($0, .narrow).svg()
          } ?? "",
          isDrawn: comparison.primary != nil, pairs: comparison.primary.flatMap(pairs),
          rows: rows(comparison),
          key: comparison.primary?.key ?? "", trials: comparison.primary.map(trials) ?? [],
          hasPhases: !comparison.phases.isEmpty, phases: phases(comparison),
          phasesPicture: stacked(comparison),
          hasDifferences: !comparison.differences.isEmpty,
          differences: comparison.differences.map { difference in
            ComparisonPage.Row(cells: [
              difference.key, difference.base.joined(separator: ", "),
              difference.candidate.joined(separator: ", "),
              difference.isDeclared ? "the factor" : "not declared",
            ])
          },
          runs: (comparison.base.runs.map { ("base", $0) }
            + comparison.candidate.runs.map { ("candidate", $0) })
            .map { side, run in
              ComparisonPage.Row(cells: [
                side, run.name, run.wall, Figures.things(run.trials.count, "trial"),
              ])
            })
      })
    do {
      return Data(try MustacheTemplate(string: ComparisonTemplate.page).render(page).utf8)
    } catch {
      throw .rendering(file: "comparison.html", reason: "\(error)")
    }
  }

  private func pairs(_ metric: MetricComparison) -> String? {
    guard let wide = PairsPicture(metric, .wide), let narrow = PairsPicture(metric, .narrow) else {
      return nil
    }
    return wide.svg() + narrow.svg()
  }

  private func stacked(_ comparison: SideComparison) -> String? {
    guard let wide = PhasesPicture(comparison, .wide), let narrow = PhasesPicture(comparison, .narrow)
    else { return nil }
    return wide.svg() + narrow.svg()
  }

  /// The rehearsed disaster, which all sides have in common.
  private var title: String {
    guard let scenario = comparisons.first?.base.runs.first?.scenario else { return "Comparison" }
    return scenario.title.isEmpty ? scenario.name : scenario.title
  }

  private var kicker: String {
    guard let run = comparisons.first?.base.runs.first else { return "Comparison" }
    return "Comparison · \(run.scenario.name) on \(run.fleet.name)"
  }

  private static func name(_ side: ComparedSide) -> String { side.setting ?? side.label }

  /// All sides in one table: the base, and each candidate with its verdict.
  private var summary: [ComparisonPage.Summary] {
    func median(_ metric: MetricComparison?, _ values: [TrialValue]) -> String {
      guard let metric, let median = BoundedValue.median(values.compactMap(\.bounds)) else { return "–" }
      return ComparisonWords.bounds(median, of: metric.metric)
    }
    guard let first = comparisons.first else { return [] }
    let base = ComparisonPage.Summary(
      side: Self.name(first.base), tone: "open", verdict: "base",
      median: median(first.primary, first.primary?.base ?? []), difference: "")
    return [base]
      + comparisons.map { comparison in
        let words = ComparisonWords(comparison: comparison)
        let metric = comparison.primary
        return ComparisonPage.Summary(
          side: Self.name(comparison.candidate), tone: words.tone.rawValue,
          verdict: "\(words.mark) \(words.verdict)",
          median: median(metric, metric?.candidate ?? []),
          difference: comparison.isRefused
            ? ""
            : metric.flatMap { metric in
              metric.difference.interval.map { ComparisonWords.range($0, of: metric.metric) }
            }
              ?? "too few trials")
      }
  }

  /// The pairs that are compared.
  private var pairing: String {
    let isInterleaved = comparisons.contains { $0.primary?.isInterleaved ?? false }
    return isInterleaved
      ? "Every trial of the candidate is paired with the trials of the base in the same block of four."
      : "Every trial of the candidate is paired with every trial of the base."
  }

  /// A row for each metric: the primary one first.
  private func rows(_ comparison: SideComparison) -> [ComparisonPage.Row] {
    func row(_ metric: MetricComparison, _ result: String) -> ComparisonPage.Row {
      ComparisonPage.Row(cells: [
        metric.key, ComparisonWords.margin(metric.margin, of: metric.metric),
        metric.difference.estimate.map { ComparisonWords.bounds($0, of: metric.metric) } ?? "–",
        metric.difference.interval.map { ComparisonWords.bounds($0, of: metric.metric) } ?? "too few trials",
        result,
      ])
    }
    return
      (comparison.primary.map { [row($0, "\(ComparisonWords(comparison: comparison).verdict) (decides)")] }
      ?? [])
      + comparison.secondary.map { row($0.comparison, ComparisonWords.result($0.claims)) }
      + comparison.others.map { row($0, "shown only") }
  }

  private func trials(_ metric: MetricComparison) -> [ComparisonPage.Row] {
    (0..<max(metric.base.count, metric.candidate.count)).map { index in
      func value(_ values: [TrialValue]) -> String {
        index < values.count ? ComparisonWords.trial(values[index], of: metric.metric) : ""
      }
      return ComparisonPage.Row(cells: [String(index + 1), value(metric.base), value(metric.candidate)])
    }
  }

  private func phases(_ comparison: SideComparison) -> [ComparisonPage.Row] {
    let words = ComparisonWords(comparison: comparison)
    return comparison.phases.map { phase in
      func time(_ time: Nanoseconds?) -> String { time.map(Figures.time) ?? "–" }
      return ComparisonPage.Row(cells: [
        words.milestone(phase), time(phase.base), time(phase.candidate), time(phase.difference),
      ])
    }
  }
}
