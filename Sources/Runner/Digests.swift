import Digest
import FoundationEssentials
import Journal
import Scenario

/// Digests that identify a run's scenario, fleet and probes.
package enum Digests {
  /// Hex SHA-256 of the values' JSON, so that comments and blank lines in a file make no difference.
  package static func of(_ scenario: Scenario, _ fleet: Fleet) throws -> [String: String] {
    // How the controller reaches the fleet, and what the team states of the drill, are not part of its identity.
    var reached = fleet
    reached.netns = nil
    reached.sshConfig = nil
    reached.controller = nil
    reached.drill = nil
    var scenario = scenario
    scenario.drill = nil
    return [
      "scenario": try digest(scenario), "fleet": try digest(reached),
      "probes": try digest(fleet.probes.filter { scenario.steady.probes.contains($0.name) }),
    ]
  }

  private static func digest(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return SHA256.hex(of: try encoder.encode(value))
  }
}
