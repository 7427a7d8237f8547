import AgentProtocol
import Scenario
import Testing

extension Revert {
  /// Expects the last observation to show the reported end. Its times may differ: an end is reported before it is
  /// logged, so the revert may have made its own observation.
  func expectLastLook(shows end: EarlyEnd, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let seen = try #require(lastObservation?.ended, sourceLocation: sourceLocation)
    #expect(seen.cause == end.cause && seen.reason == end.reason, sourceLocation: sourceLocation)
    // Both periods contain the time of the end.
    let active = (seen.lastActive ?? .zero, end.lastActive ?? .zero)
    #expect(
      active.0 < end.firstEnded && active.1 < seen.firstEnded, "\(seen), \(end)",
      sourceLocation: sourceLocation)
  }
}
