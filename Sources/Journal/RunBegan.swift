import Scenario

/// The data of a run that a later comparison needs.
package struct RunBegan: Codable, Equatable, Sendable {
  /// The name of the run and of its folder.
  package var run: String
  /// When the run began, on the wall clock: `2026-11-23T06:30:00Z`.
  package var wall: String
  /// The seed of every choice that the scenario leaves open.
  package var seed: UInt64
  package var scenario: Scenario
  package var fleet: Fleet
  /// Hex SHA-256 digests of `scenario`, `fleet` and `probes`.
  package var digests: [String: String]
  /// Versions of the controller's parts: `murphy`, `metrics`, `kernel`.
  package var versions: [String: String]
  /// The settings that take turns; nil if every trial has the same.
  package var alternation: Alternation?

  package init(
    run: String, wall: String, seed: UInt64, scenario: Scenario, fleet: Fleet, digests: [String: String],
    versions: [String: String], alternation: Alternation? = nil
  ) {
    self.run = run
    self.wall = wall
    self.seed = seed
    self.scenario = scenario
    self.fleet = fleet
    self.digests = digests
    self.versions = versions
    self.alternation = alternation
  }
}
