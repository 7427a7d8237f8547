import AgentProtocol
import Scenario
import Testing

extension Revert {
  /// Expects the last observation to show the end that was reported. Its times may be others: an end is reported before it is
  /// noted on the disk, so the revert may have looked for itself.
  func expectLastLook(shows end: EarlyEnd, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let seen = try #require(lastObservation?.ended, sourceLocation: sourceLocation)
    #expect(seen.cause == end.cause && seen.reason == end.reason, sourceLocation: sourceLocation)
    // Both stretches hold the moment of the end.
    let active = (seen.lastActive ?? .zero, end.lastActive ?? .zero)
    #expect(
      active.0 < end.firstEnded && active.1 < seen.firstEnded, "\(seen), \(end)",
      sourceLocation: sourceLocation)
  }
}
