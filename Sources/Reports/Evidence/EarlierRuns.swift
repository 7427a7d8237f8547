import Comparison
import Evidence
import FoundationEssentials
import History
import Journal
import Metrics
import Scenario
import Statistics

/// The runs of the same scenario and fleet before a run: what changed since the last one, and the state of their
/// findings. A line each.
package struct EarlierRuns: Equatable, Sendable {
  var changes: [String] = []
  var findings: [String] = []

  package init() {}

  /// - Parameters:
  ///   - records: those of the folder of runs, with the run's own.
  ///   - review: reads what people added to a run.
  /// - Throws: the errors of `review`.
  package init(
    before report: Report, among records: [RunRecord], review: (RunRecord) throws -> Review
  ) rethrows {
    guard let own = records.first(where: { $0.name == report.began.run }) else { return }
    // The folder that `murphy evidence` writes is a copy of its run.
    let earlier = records.filter {
      $0.scenario == own.scenario && $0.fleet == own.fleet && $0.began < own.began && !$0.folder.isEmpty
        && !$0.folder.hasSuffix("-evidence")
    }.sorted { ($0.began, $0.name) < ($1.began, $1.name) }
    guard let last = earlier.last else { return }
    changes = ["the last run is \(last.name): \(last.outcome.rawValue), now \(own.outcome.rawValue)"]
    for result in own.results {
      let former = last.results.first { $0.objective.key == result.objective.key }
      changes.append(
        "\(result.objective.key): \(former.map(Self.words) ?? "not an objective"), now \(Self.words(result))")
    }
    changes += Difference.all([last.conditions], [own.conditions]).map { difference in
      let values = [difference.base, difference.candidate].map { $0.joined(separator: ", ") }
      return difference.base.isEmpty
        ? "changed: \(difference.key)" : "changed: \(difference.key) from \(values[0]) to \(values[1])"
    }
    for record in earlier {
      findings += try review(record).findings.map { finding in
        "\(record.name), finding \(finding.number): \(finding.title): \(finding.state.rawValue)"
          + (finding.retest.map { ", tested again by \($0)" } ?? "")
      }
    }
  }

  /// `60.1 s to 61.3 s, met in 0 of 1 trial`.
  private static func words(_ result: ObjectiveRecord) -> String {
    let value =
      result.median.map {
        WrittenBounds(Shift.Bounds(low: $0.low, high: $0.high), of: result.objective.metric).text
      } ?? "no value"
    let judged = result.met + result.missed + result.undecided
    return "\(value), met in \(result.met) of \(Figures.things(judged, "trial"))"
  }
}
