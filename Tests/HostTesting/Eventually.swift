import Glibc
import Testing

/// Waits for what happens in its own time, and fails the test where it hasn't happened after a minute.
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

/// What a test waited for in vain.
package struct NeverHappened: Error, CustomStringConvertible {
  /// What.
  package let description: String

  /// Something that never happened.
  package init(_ description: String) { self.description = description }
}
