import FoundationEssentials
import Journal
import Metrics
import Scenario

/// An outage that was made, with the bounds of its start and its end on the monotonic clock.
struct TrueOutage {
  var began: ClosedRange<Int64>
  var ended: ClosedRange<Int64>
}

/// The reports of probes about the outages that were made.
struct OutageJudgement: Encodable {
  /// One probe's reports.
  struct Line: Encodable {
    var probe: String
    var made = 0
    /// Reported outages whose true length is within the bounds.
    var right = 0
    /// Reported outages whose true length is outside the bounds.
    var wrong = 0
    /// Outages that were not reported although a request was due in them and answered before they ended.
    var missed = 0
    /// Outages that were not reported because they were shorter than the interval, their samples are unknown, or their
    /// last request was answered after they ended.
    var unseen = 0
    /// Reported outages that were not made.
    var invented = 0
    var samples = 0
    var unknown = 0
    /// The median of the estimates' errors, in nanoseconds; nil if no outage was reported.
    var medianError: Int64?
    var interval: Int64
  }

  var lines: [Line]

  init(_ lines: [Line]) { self.lines = lines }

  /// Whether every report is correct, and the estimates' median error is under half an interval.
  var isTrue: Bool {
    lines.allSatisfy { $0.wrong == 0 && $0.missed == 0 && $0.invented == 0 && $0.isPrecise }
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(lines), as: UTF8.self)
  }

  var text: String {
    let heads = [
      "made", "right", "wrong", "missed", "unseen", "invented", "samples", "unknown", "error/interval",
    ]
    var rows = [["probe"] + heads]
    for line in lines {
      let counts = [
        line.made, line.right, line.wrong, line.missed, line.unseen, line.invented, line.samples,
        line.unknown,
      ]
      let error = line.medianError.map { Double($0) / Double(line.interval) }
      rows.append(
        [line.probe] + counts.map { "\($0)" } + [error.map { "\(Int(($0 * 100).rounded())) %" } ?? "–"])
    }
    return aligned(rows)
  }
}

extension OutageJudgement.Line {
  /// Whether the median error is under half an interval. Fewer than 100 errors don't show their median.
  fileprivate var isPrecise: Bool {
    guard let medianError, right + wrong >= 100 else { return true }
    return medianError * 2 < interval
  }

  /// - Parameter samples: in the order of their numbers, with times on the monotonic clock.
  init(_ probe: Fleet.Probe, samples: [Sample], against outages: [TrueOutage]) {
    self.init(probe: probe.name, interval: probe.every.count)
    made = outages.count
    self.samples = samples.count
    unknown = samples.count { $0.verdict == .unknown && $0.status != Sample.stopped }
    var reported = Outage.all(in: samples.filter { $0.status != Sample.stopped })
    var errors: [Int64] = []
    for outage in outages {
      // A request that was sent just before the cut fails, too.
      let earliest = Nanoseconds(outage.began.lowerBound) - probe.timeout
      let latest = Nanoseconds(outage.ended.upperBound)
      let own = reported.filter { $0.firstFail >= earliest && $0.firstFail <= latest }
      reported.removeAll { $0.firstFail >= earliest && $0.firstFail <= latest }
      let least = outage.ended.lowerBound - outage.began.upperBound
      let most = outage.ended.upperBound - outage.began.lowerBound
      guard let first = own.first else {
        // The time of sending is a lower bound: on a busy machine, a request may leave after the end of the outage in
        // which it was due. An answer that was read before this end is certainly wrong.
        let isWrong = samples.contains {
          $0.scheduled.count >= outage.began.upperBound && $0.completed.count <= outage.ended.lowerBound
            && $0.verdict == .ok
        }
        if isWrong { missed += 1 } else { unseen += 1 }
        continue
      }
      guard own.count == 1, case .measured(let length) = first.length else {
        wrong += 1
        continue
      }
      if length.low.count <= most, length.high.count >= least { right += 1 } else { wrong += 1 }
      errors.append(abs(length.estimate.count - (least + most) / 2))
    }
    invented = reported.count
    errors.sort()
    medianError = errors.isEmpty ? nil : errors[errors.count / 2]
  }
}

/// Rows as columns: the first column is left-aligned, the others are right-aligned.
func aligned(_ rows: [[String]]) -> String {
  let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    zip(row, widths).enumerated().map { column, cell in
      let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
      return column == 0 ? cell.0 + blanks : blanks + cell.0
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}
