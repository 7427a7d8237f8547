import Journal
import Scenario

/// What a run's probes and views get to see of the simulated platform.
struct SimulatedPlatform {
  /// How the service answers a request that is sent at a time, and how long that takes.
  var service: (_ sent: Nanoseconds) -> (verdict: Sample.Verdict, latency: Nanoseconds) = { _ in
    (.ok, .milliseconds(1))
  }
  /// What the manager believes on a host, by what is true.
  var manager: (_ truth: ManagerState, _ host: String?) -> ManagerState = { truth, _ in truth }
  /// What the storage believes.
  var storage: () -> StorageState = {
    StorageState(bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3)
  }
  /// Whether the records behind an append probe can be read.
  var answersAudit = true
}
