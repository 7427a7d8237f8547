import FoundationEssentials
import Journal
import Scenario

/// What could change the values of a run, and is recorded with it: the scenario's parts, the digests of fleet and
/// probes, and the fingerprint of each host.
package struct Conditions: Hashable, Codable, Sendable {
  /// The parts of the scenario that determine the meaning of its values, each as JSON with sorted keys. The number of
  /// trials is not one of them.
  package var scenario: [String: String]
  /// The digests of `fleet` and `probes`.
  package var digests: [String: String]
  /// The last fingerprint of each host.
  package var fingerprints: [String: [String: String]]

  package init(
    scenario: [String: String], digests: [String: String], fingerprints: [String: [String: String]]
  ) {
    self.scenario = scenario
    self.digests = digests
    self.fingerprints = fingerprints
  }

  /// - Throws: an encoder's error, if a part of the scenario can't be written as JSON.
  package init(_ began: RunBegan, surveys: [HostSurvey]) throws {
    let scenario = began.scenario
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func text(_ part: some Encodable) throws -> String {
      // Some decoders refuse a JSON text that is a single number or null, so it is encoded within an array.
      String(decoding: try encoder.encode([part]), as: UTF8.self)
    }
    self.scenario = [
      "name": try text(scenario.name), "steady": try text(scenario.steady),
      "timeline": try text(scenario.timeline), "recovery": try text(scenario.recovery),
      "objectives": try text(scenario.objectives), "guards": try text(scenario.guards),
      "shorter-fault": try text(scenario.shorterFault), "compare": try text(scenario.compare),
      "services": try text(scenario.services),
    ]
    digests = began.digests.filter { ["fleet", "probes"].contains($0.key) }
    fingerprints = Dictionary(surveys.map { ($0.host, $0.fingerprint) }) { $1 }
  }
}
