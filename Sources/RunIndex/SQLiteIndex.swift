import GRDB

/// An index in a file, or in memory.
struct SQLiteIndex {
  private let queue: DatabaseQueue

  /// - Parameter path: Nil for an index in memory.
  init(path: String?) throws {
    var configuration = Configuration()
    // A second process waits until the first one has written its batch.
    configuration.busyMode = .timeout(30)
    queue =
      try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
      ?? DatabaseQueue(configuration: configuration)
  }

  func connected<Result>(_ body: (any IndexConnection) throws -> Result) throws -> Result {
    try queue.inDatabase { try body(Connection(database: $0)) }
  }

  private struct Connection: IndexConnection {
    let database: Database

    func execute(_ statement: String, _ values: [IndexValue]) throws {
      try database.cachedStatement(sql: statement).execute(arguments: Self.arguments(values))
    }

    func rows(_ statement: String, _ values: [IndexValue], _ body: (any IndexRow) throws -> Void) throws {
      let rows = try Row.fetchCursor(
        database.cachedStatement(sql: statement), arguments: Self.arguments(values))
      while let row = try rows.next() { try body(Columns(row: row)) }
    }

    private static func arguments(_ values: [IndexValue]) -> StatementArguments {
      StatementArguments(
        values.map { value -> (any DatabaseValueConvertible)? in
          switch value {
          case .text(let text): text
          case .integer(let number): number
          case .number(let number): number
          }
        })
    }
  }

  private struct Columns: IndexRow {
    let row: Row

    func text(_ column: Int) -> String? { row[column] }
    func integer(_ column: Int) -> Int? { row[column] }
    func number(_ column: Int) -> Double? { row[column] }
  }
}
