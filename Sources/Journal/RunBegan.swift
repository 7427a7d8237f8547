import Scenario

/// What a later comparison needs to know of a run.
package struct RunBegan: Codable, Equatable, Sendable {
  /// The run's name: its folder's.
  package var run: String
  /// When the run began, by the wall clock, as `2026-11-23T06:30:00Z`.
  package var wall: String
  /// The seed of every choice that the scenario leaves open.
  package var seed: UInt64
  /// The scenario as read.
  package var scenario: Scenario
  /// The fleet as read.
  package var fleet: Fleet
  /// Hex SHA-256 digests of `scenario`, `fleet` and `probes`.
  package var digests: [String: String]
  /// Versions of the controller's parts: `murphy`, `metrics`, `kernel`.
  package var versions: [String: String]

  /// The start of a run.
  package init(
    run: String, wall: String, seed: UInt64, scenario: Scenario, fleet: Fleet, digests: [String: String],
    versions: [String: String]
  ) {
    self.run = run
    self.wall = wall
    self.seed = seed
    self.scenario = scenario
    self.fleet = fleet
    self.digests = digests
    self.versions = versions
  }
}
