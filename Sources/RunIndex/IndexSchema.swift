/// The tables of an index, in the common part of SQLite's and PostgreSQL's SQL.
enum IndexSchema {
  /// Changes with the tables.
  static let version = 1

  struct OtherVersion: Error, CustomStringConvertible {
    let version: Int

    var description: String {
      "its tables have version \(version), and this murphy has version \(IndexSchema.version); "
        + "delete the index and it is made again from the folders"
    }
  }

  private static let tables = [
    "CREATE TABLE IF NOT EXISTS murphy_index (version BIGINT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS runs (id BIGINT PRIMARY KEY, root TEXT NOT NULL, folder TEXT NOT NULL, \
    stamp TEXT NOT NULL, name TEXT NOT NULL, began BIGINT NOT NULL, scenario TEXT NOT NULL, title TEXT NOT NULL, \
    fleet TEXT NOT NULL, outcome TEXT NOT NULL, exit_code BIGINT NOT NULL, reason TEXT, trials BIGINT NOT NULL, \
    void BIGINT NOT NULL, conditions BIGINT NOT NULL)
    """,
    "CREATE INDEX IF NOT EXISTS runs_scenario ON runs (scenario)",
    "CREATE INDEX IF NOT EXISTS runs_root ON runs (root)",
    """
    CREATE TABLE IF NOT EXISTS results (run BIGINT NOT NULL, position BIGINT NOT NULL, subject TEXT, \
    metric TEXT NOT NULL, relation TEXT NOT NULL, objective_limit BIGINT NOT NULL, is_primary BIGINT NOT NULL, \
    margin_relative DOUBLE PRECISION NOT NULL, margin_absolute DOUBLE PRECISION NOT NULL, \
    low DOUBLE PRECISION, high DOUBLE PRECISION, met BIGINT NOT NULL, missed BIGINT NOT NULL, \
    undecided BIGINT NOT NULL, PRIMARY KEY (run, position))
    """,
    """
    CREATE TABLE IF NOT EXISTS safety (run BIGINT NOT NULL, kind TEXT NOT NULL, trials BIGINT NOT NULL, \
    failures BIGINT NOT NULL, PRIMARY KEY (run, kind))
    """,
    "CREATE TABLE IF NOT EXISTS conditions (id BIGINT PRIMARY KEY, content TEXT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS unreadable (id BIGINT PRIMARY KEY, root TEXT NOT NULL, folder TEXT NOT NULL, \
    stamp TEXT NOT NULL, reason TEXT NOT NULL)
    """,
  ]

  /// Creates the tables that are missing.
  static func prepare(_ connection: any IndexConnection) throws {
    for table in tables { try connection.execute(table) }
    var found: Int?
    try connection.rows("SELECT version FROM murphy_index") { found = $0.integer(0) }
    guard let found else {
      try connection.execute("INSERT INTO murphy_index (version) VALUES ($1)", [.integer(version)])
      return
    }
    if found != version { throw OtherVersion(version: found) }
  }
}
