import Comparison
import Digest
import FoundationEssentials
import History
import Metrics
import Scenario
import Statistics

/// Writes records into an index.
struct RecordWriter {
  let connection: any IndexConnection
  let root: String
  /// The conditions that this writer has written.
  private var written: Set<Int> = []

  init(connection: any IndexConnection, root: String) {
    self.connection = connection
    self.root = root
  }

  /// An identifier by content, so that writers on several machines need no common counter: the first 63 bits of the
  /// SHA-256.
  static func identifier(_ text: String) -> Int {
    var hash = SHA256()
    hash.update(text.utf8)
    return Int(hash.digest().prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } >> 1)
  }

  private func identifier(of folder: String) -> Int { Self.identifier("\(root)\u{0}\(folder)") }

  func remove(_ folder: String) throws {
    let id = identifier(of: folder)
    for (table, key) in [("results", "run"), ("safety", "run"), ("runs", "id"), ("unreadable", "id")] {
      try connection.execute("DELETE FROM \(table) WHERE \(key) = $1", [.integer(id)])
    }
  }

  func write(_ unreadable: UnreadableRun, _ found: RunFolders.Found) throws {
    try connection.execute(
      "INSERT INTO unreadable (id, root, folder, stamp, reason) VALUES ($1, $2, $3, $4, $5)",
      [
        .integer(identifier(of: found.name)), .text(root), .text(found.name), .text(found.stamp),
        .text(unreadable.reason),
      ])
  }

  mutating func write(_ record: RunRecord, _ found: RunFolders.Found) throws {
    let id = identifier(of: found.name)
    try connection.execute(
      """
      INSERT INTO runs (id, root, folder, stamp, name, began, scenario, title, fleet, outcome, exit_code, reason, \
      trials, void, conditions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
      """,
      [
        .integer(id), .text(root), .text(found.name), .text(found.stamp), .text(record.name),
        .integer(record.began), .text(record.scenario), .text(record.title), .text(record.fleet),
        .text(record.outcome.rawValue), .integer(Int(record.exitCode)), .text(record.reason),
        .integer(record.trials), .integer(record.void), .integer(try write(record.conditions)),
      ])
    for (position, result) in record.results.enumerated() {
      try connection.execute(
        """
        INSERT INTO results (run, position, subject, metric, relation, objective_limit, is_primary, margin_relative, \
        margin_absolute, low, high, met, missed, undecided) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        [
          .integer(id), .integer(position), .text(result.objective.subject),
          .text(result.objective.metric.rawValue), .text(result.objective.relation.rawValue),
          .integer(Int(result.objective.limit)), .integer(result.isPrimary ? 1 : 0),
          .number(result.margin.relative), .number(result.margin.absolute), .number(result.median?.low),
          .number(result.median?.high), .integer(result.met), .integer(result.missed),
          .integer(result.undecided),
        ])
    }
    for safety in record.safety {
      try connection.execute(
        "INSERT INTO safety (run, kind, trials, failures) VALUES ($1, $2, $3, $4)",
        [
          .integer(id), .text(safety.kind.rawValue), .integer(safety.trials), .integer(safety.failures),
        ])
    }
  }

  /// Most runs have the conditions of an earlier one, so each content is stored once.
  private mutating func write(_ conditions: Conditions) throws -> Int {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let content = String(decoding: try encoder.encode(conditions), as: UTF8.self)
    let id = Self.identifier(content)
    if written.insert(id).inserted {
      try connection.execute(
        "INSERT INTO conditions (id, content) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        [.integer(id), .text(content)])
    }
    return id
  }
}
