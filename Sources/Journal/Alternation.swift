import Scenario

/// Two settings that take turns in a run, in blocks of four trials: `murphy run --ab A B`.
package struct Alternation: Codable, Equatable, Sendable {
  /// What differs: `fleet`, a parameter such as `cut.mode`, or a key of the fingerprint such as `ping-timeout`.
  package var factor: String
  package var kind: Kind
  package var a: Setting
  package var b: Setting
  /// The side of each trial, in the order of the trials.
  package var order: [Side]

  package init(factor: String, kind: Kind, a: Setting, b: Setting, order: [Side]) {
    self.factor = factor
    self.kind = kind
    self.a = a
    self.b = b
    self.order = order
  }

  /// What makes the two settings.
  package enum Kind: String, Codable, Sendable {
    /// Two fleets.
    case fleet
    /// Two values of a parameter of the scenario.
    case parameter
    /// Two commands that switch the platform.
    case setup
  }

  package enum Side: String, Codable, CaseIterable, Sendable { case a, b }

  /// One of the settings.
  package struct Setting: Codable, Equatable, Sendable {
    /// The file of the fleet, the value of the parameter, or the value in the fingerprint.
    package var label: String
    /// The command that switches the platform to this setting.
    package var setup: String?
    /// Nil for the run's own.
    package var scenario: Scenario?
    /// Nil for the run's own.
    package var fleet: Fleet?
    /// Nil for the run's own.
    package var digests: [String: String]?

    package init(
      label: String, setup: String? = nil, scenario: Scenario? = nil, fleet: Fleet? = nil,
      digests: [String: String]? = nil
    ) {
      self.label = label
      self.setup = setup
      self.scenario = scenario
      self.fleet = fleet
      self.digests = digests
    }
  }

  /// The number of trials in a block.
  package static let blockLength = 4

  package subscript(side: Side) -> Setting { side == .a ? a : b }

  /// The side of a trial, from 1; nil for a trial that was not planned.
  package func side(of trial: Int) -> Side? { order.indices.contains(trial - 1) ? order[trial - 1] : nil }

  /// The setting's name for display: `ping-timeout 42`.
  package func name(of side: Side) -> String { "\(factor) \(self[side].label)" }
}

extension RunBegan {
  /// What this run's beginning would be if the run only had the setting of one trial.
  package func of(trial: Int) -> RunBegan {
    guard
      let setting = alternation.flatMap({ alternation in
        alternation.side(of: trial).map { alternation[$0] }
      })
    else { return self }
    var own = self
    own.scenario = setting.scenario ?? scenario
    own.fleet = setting.fleet ?? fleet
    own.digests = setting.digests ?? digests
    return own
  }
}

/// The platform was switched to a setting, or is in it, before a trial.
package struct SettingApplied: Codable, Equatable, Sendable {
  package var side: Alternation.Side
  /// The setting's name for display.
  package var setting: String
  /// The command that was run; nil if the setting needs none.
  package var setup: String?
  /// How long the command took.
  package var took: Nanoseconds?

  package init(side: Alternation.Side, setting: String, setup: String? = nil, took: Nanoseconds? = nil) {
    self.side = side
    self.setting = setting
    self.setup = setup
    self.took = took
  }
}

/// A run was continued by another process, after its controller had ended.
package struct RunResumed: Codable, Equatable, Sendable {
  /// The wall clock, as in `RunBegan`.
  package var wall: String
  /// The last trial that was complete before.
  package var completed: Int
  /// The trial in which the controller ended; nil if it ended between trials.
  package var interrupted: Int?
  /// What was recovered on the hosts, a line each.
  package var recovered: [String]
  /// Versions of the controller's parts.
  package var versions: [String: String]

  package init(
    wall: String, completed: Int, interrupted: Int?, recovered: [String], versions: [String: String]
  ) {
    self.wall = wall
    self.completed = completed
    self.interrupted = interrupted
    self.recovered = recovered
    self.versions = versions
  }
}
