import Journal
import Metrics
import Scenario

/// A row of the report's table: where the time of a probe's requests went in one phase.
struct RequestPartsRow {
  let probe: String
  let phase: String
  let resolve: String
  let connect: String
  let secure: String
  let firstByte: String
  let rest: String

  static func all(_ trial: TrialMetrics) -> [RequestPartsRow] {
    trial.probes.flatMap { probe in
      probe.latency.compactMap { latency in
        guard let parts = latency.parts else { return nil }
        func median(_ part: Interval?) -> String { part.map { Figures.time($0.estimate) } ?? "–" }
        return RequestPartsRow(
          probe: probe.probe, phase: latency.phase.rawValue, resolve: median(parts.resolve),
          connect: median(parts.connect), secure: median(parts.secure), firstByte: median(parts.firstByte),
          rest: median(parts.rest))
      }
    }
  }

  /// The cells of a line of text, without the parts that no request has.
  var words: [String] {
    let parts = [
      ("name", resolve), ("connect", connect), ("TLS", secure), ("first byte", firstByte), ("rest", rest),
    ]
    return [probe, phase] + parts.filter { $0.1 != "–" }.map { "\($0.0) \($0.1)" }
  }
}
