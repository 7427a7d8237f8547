import Comparison
import FoundationEssentials
import History
import Metrics
import Scenario
import Statistics

/// Reads records from an index.
struct RecordReader {
  let connection: any IndexConnection
  let root: String
  let folders: RunFolders

  /// A row that this version can't have written.
  struct Unknown: Error, CustomStringConvertible {
    let description: String
  }

  func records(of scenario: String?) throws -> [RunRecord] {
    let chosen = scenario == nil ? "" : " WHERE scenario = $1"
    let ofChosen = scenario == nil ? "" : " WHERE run IN (SELECT id FROM runs WHERE scenario = $1)"
    let values = scenario.map { [IndexValue.text($0)] } ?? []
    var conditions: [Int: Conditions] = [:]
    let decoder = JSONDecoder()
    try connection.rows(
      "SELECT id, content FROM conditions WHERE id IN (SELECT conditions FROM runs\(chosen))", values
    ) { row in
      conditions[row.integer(0) ?? 0] = try decoder.decode(
        Conditions.self, from: Data((row.text(1) ?? "").utf8))
    }
    var results: [Int: [ObjectiveRecord]] = [:]
    try connection.rows(
      """
      SELECT run, subject, metric, relation, objective_limit, is_primary, margin_relative, margin_absolute, low, high, \
      met, missed, undecided FROM results\(ofChosen) ORDER BY run, position
      """, values
    ) { row in results[row.integer(0) ?? 0, default: []].append(try Self.result(row)) }
    var safety: [Int: [Safety]] = [:]
    try connection.rows("SELECT run, kind, trials, failures FROM safety\(ofChosen)", values) { row in
      guard let kind = Safety.Kind(rawValue: row.text(1) ?? "") else {
        throw Unknown(description: "it has a promise '\(row.text(1) ?? "")'")
      }
      safety[row.integer(0) ?? 0, default: []].append(
        Safety(kind: kind, trials: row.integer(2) ?? 0, failures: row.integer(3) ?? 0))
    }
    var records: [RunRecord] = []
    var names: [String: Int] = [:]
    try connection.rows(
      """
      SELECT id, root, folder, name, began, scenario, title, fleet, outcome, exit_code, reason, trials, void, conditions \
      FROM runs\(chosen)
      """, values
    ) { row in
      let id = row.integer(0) ?? 0
      let isOwn = row.text(1) == root
      let name = row.text(3) ?? ""
      guard let outcome = RunVerdict.Outcome(rawValue: row.text(8) ?? ""),
        let conditions = conditions[row.integer(13) ?? 0]
      else { throw Unknown(description: "its row of run \(name) is not complete") }
      let folder = "\(isOwn ? folders.path : row.text(1) ?? "")/\(row.text(2) ?? "")"
      let record = RunRecord(
        name: name, folder: folder, began: row.integer(4) ?? 0, scenario: row.text(5) ?? "",
        title: row.text(6) ?? "", fleet: row.text(7) ?? "", outcome: outcome,
        exitCode: Int32(row.integer(9) ?? 0), reason: row.text(10), trials: row.integer(11) ?? 0,
        void: row.integer(12) ?? 0, results: results[id] ?? [],
        safety: Safety.Kind.allCases.compactMap { kind in safety[id]?.first { $0.kind == kind } },
        conditions: conditions)
      // A copy of a folder is the same run. The own folder's is shown.
      if let index = names[name] {
        if isOwn { records[index] = record }
      } else {
        names[name] = records.count
        records.append(record)
      }
    }
    return records
  }

  private static func result(_ row: any IndexRow) throws -> ObjectiveRecord {
    guard let metric = Metric(rawValue: row.text(2) ?? ""),
      let relation = Objective.Relation(rawValue: row.text(3) ?? "")
    else { throw Unknown(description: "it has a metric '\(row.text(2) ?? "")'") }
    let median = row.number(8).flatMap { low in
      row.number(9).map { BoundedValue(low: low, high: max($0, low)) }
    }
    return ObjectiveRecord(
      objective: Objective(
        subject: row.text(1), metric: metric, relation: relation, limit: Int64(row.integer(4) ?? 0)),
      isPrimary: row.integer(5) == 1,
      margin: Margin(relative: row.number(6) ?? 0, absolute: row.number(7) ?? 0), median: median,
      met: row.integer(10) ?? 0, missed: row.integer(11) ?? 0, undecided: row.integer(12) ?? 0)
  }
}
