import Journal
import Scenario

/// The simulated platform as a run's probes and views observe it.
struct SimulatedPlatform {
  /// The service's answer to a request at a given time, and how long it takes.
  var service: (_ sent: Nanoseconds) -> (verdict: Sample.Verdict, latency: Nanoseconds) = { _ in
    (.ok, .milliseconds(1))
  }
  /// The belief of the manager on a host, from the true state.
  var manager: (_ truth: ManagerState, _ host: String?) -> ManagerState = { truth, _ in truth }
  /// The belief of the storage.
  var storage: () -> StorageState = {
    StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
  }
  /// Whether the records behind an append probe can be read.
  var answersAudit = true
}
