import CPostgres

/// An index in PostgreSQL, over libpq. Values are exchanged as text.
final class PostgresIndex {
  private let connection: OpaquePointer

  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ message: UnsafePointer<CChar>?) {
      let text = message.map { String(cString: $0) } ?? "no reason"
      description = text.split(separator: "\n").joined(separator: "; ")
    }
  }

  /// - Parameter address: `postgresql://USER@HOST/DATABASE`; see libpq's "Connection URIs".
  init(_ address: String) throws {
    guard let connection = PQconnectdb(address) else { throw Failure(nil) }
    self.connection = connection
    guard PQstatus(connection) == CONNECTION_OK else { throw Failure(PQerrorMessage(connection)) }
    // Notices, such as about a table that exists already, are ignored.
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
  }

  deinit { PQfinish(connection) }

  /// The key of the advisory lock under which tables are created.
  private static let preparation = 7_309_938

  /// Creates the tables that are missing. A `CREATE TABLE IF NOT EXISTS` fails if another connection creates the table at
  /// the same time, so connections take turns.
  func prepare() throws {
    try connected { connection in
      try connection.transaction {
        try connection.execute("SELECT pg_advisory_xact_lock(\(Self.preparation))")
        try IndexSchema.prepare(connection)
      }
    }
  }

  func connected<Result>(_ body: (any IndexConnection) throws -> Result) throws -> Result {
    try body(Connection(pointer: connection))
  }

  private struct Connection: IndexConnection {
    let pointer: OpaquePointer

    func execute(_ statement: String, _ values: [IndexValue]) throws {
      PQclear(try run(statement, values))
    }

    func rows(_ statement: String, _ values: [IndexValue], _ body: (any IndexRow) throws -> Void) throws {
      let result = try run(statement, values)
      defer { PQclear(result) }
      for row in 0..<PQntuples(result) { try body(Columns(result: result, row: row)) }
    }

    /// The caller clears the result.
    private func run(_ statement: String, _ values: [IndexValue]) throws -> OpaquePointer? {
      var texts = values.map { value -> [CChar]? in
        switch value {
        // PostgreSQL's text has no NUL.
        case .text(let text): text.map { Array($0.utf8CString.filter { $0 != 0 }) + [0] }
        case .integer(let number): Array("\(number)".utf8CString)
        case .number(let number): number.map { Array("\($0.isFinite ? "\($0)" : "Infinity")".utf8CString) }
        }
      }
      let result = Self.withPointers(&texts) { pointers in
        PQexecParams(pointer, statement, Int32(values.count), nil, pointers, nil, nil, 0)
      }
      let status = PQresultStatus(result)
      guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
        defer { PQclear(result) }
        throw Failure(PQresultErrorMessage(result))
      }
      return result
    }

    private static func withPointers<Result>(
      _ texts: inout [[CChar]?], _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
      let copies = texts.map { text -> UnsafeMutablePointer<CChar>? in
        text.map { text in
          let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
          copy.initialize(from: text, count: text.count)
          return copy
        }
      }
      defer { for copy in copies { copy?.deallocate() } }
      return body(copies.map { $0.map { UnsafePointer($0) } })
    }
  }

  private struct Columns: IndexRow {
    let result: OpaquePointer?
    let row: Int32

    func text(_ column: Int) -> String? {
      guard PQgetisnull(result, row, Int32(column)) == 0 else { return nil }
      return PQgetvalue(result, row, Int32(column)).map { String(cString: $0) }
    }

    func integer(_ column: Int) -> Int? { text(column).flatMap { Int($0) } }
    func number(_ column: Int) -> Double? { text(column).flatMap { Double($0) } }
  }
}
