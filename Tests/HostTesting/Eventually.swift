import Glibc
import Testing

/// Waits for an asynchronous condition, and fails the test if it isn't met within a minute.
package func eventually(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) throws {
  for _ in 0..<6000 {
    if try condition() { return }
    usleep(10_000)
  }
  Issue.record("not within a minute: \(what)", sourceLocation: sourceLocation)
  throw NeverHappened(what.rawValue)
}

/// A condition that a test waited for without result.
package struct NeverHappened: Error, CustomStringConvertible {
  /// What.
  package let description: String

  /// Something that never happened.
  package init(_ description: String) { self.description = description }
}
