import FoundationEssentials
import Journal
import Metrics
import Scenario

extension Report {
  /// `run.json`: everything that a later comparison needs. Keys are sorted; times are whole nanoseconds.
  ///
  /// - Throws: `ReportError.rendering`.
  package func json() throws(ReportError) -> Data {
    let surveys = self.surveys
    let document = Document(
      run: began.run, wall: began.wall, seed: began.seed, scenario: began.scenario.name,
      title: began.scenario.title, digests: began.digests, versions: began.versions,
      fingerprint: Dictionary(uniqueKeysWithValues: surveys.map { ($0.host, $0.fingerprint) }),
      clocks: Dictionary(
        uniqueKeysWithValues: surveys.map {
          ($0.host, Document.Clock(offset: $0.clockOffset.count, uncertainty: $0.clockUncertainty.count))
        }),
      metrics: metrics)
    return try JSONFile.data(document, name: "run.json")
  }

  private struct Document: Encodable {
    struct Clock: Encodable {
      let offset: Int64
      let uncertainty: Int64
    }
    let run: String
    let wall: String
    let seed: UInt64
    let scenario: String
    let title: String
    let digests: [String: String]
    let versions: [String: String]
    let fingerprint: [String: [String: String]]
    let clocks: [String: Clock]
    let metrics: RunMetrics
  }
}
