import Scenario

/// What a later comparison needs to know of a run.
public struct RunBegan: Codable, Equatable, Sendable {
  /// The run's name: its folder's.
  public var run: String
  /// When the run began, by the wall clock, as `2026-11-23T06:30:00Z`.
  public var wall: String
  /// The seed of every choice that the scenario leaves open.
  public var seed: UInt64
  /// The scenario as read.
  public var scenario: Scenario
  /// The fleet as read.
  public var fleet: Fleet
  /// Hex SHA-256 digests of `scenario`, `fleet` and `probes`.
  public var digests: [String: String]
  /// Versions of the controller's parts: `murphy`, `metrics`, `kernel`.
  public var versions: [String: String]

  /// The start of a run.
  public init(
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
