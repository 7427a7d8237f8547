/// A connection to the database of an index. The statements are the same for SQLite and PostgreSQL: their parameters are
/// `$1`, `$2`, each used once and in this order.
protocol IndexConnection {
  func execute(_ statement: String, _ values: [IndexValue]) throws
  /// Calls `body` with each row of the result.
  func rows(_ statement: String, _ values: [IndexValue], _ body: (any IndexRow) throws -> Void) throws
}

extension IndexConnection {
  func execute(_ statement: String) throws { try execute(statement, []) }

  func rows(_ statement: String, _ body: (any IndexRow) throws -> Void) throws {
    try rows(statement, [], body)
  }

  /// Either all statements of `body` have an effect, or none.
  func transaction(_ begin: String = "BEGIN", _ body: () throws -> Void) throws {
    try execute(begin)
    do {
      try body()
      try execute("COMMIT")
    } catch {
      // A failed ROLLBACK leaves the same state as the closed connection: nothing is written.
      try? execute("ROLLBACK")
      throw error
    }
  }
}

/// A value of a statement's parameter.
enum IndexValue {
  case text(String?)
  case integer(Int)
  case number(Double?)
}

/// The columns of a row, from 0.
protocol IndexRow {
  func text(_ column: Int) -> String?
  func integer(_ column: Int) -> Int?
  func number(_ column: Int) -> Double?
}

/// Why an index can't be used.
package struct IndexError: Error, Equatable, CustomStringConvertible {
  /// The file, or the database without its password.
  package var place: String
  package var reason: String

  package var description: String { "\(place): the index can't be used: \(reason)" }
}
