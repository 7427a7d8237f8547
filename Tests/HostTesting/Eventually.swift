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

/// A condition that was not met in time.
package struct NeverHappened: Error, CustomStringConvertible {
  /// The condition.
  package let description: String

  /// An event that did not happen.
  package init(_ description: String) { self.description = description }
}
