import CDigest
import FoundationEssentials
import Journal
import Scenario

/// Digests that identify a run's scenario, fleet and probes.
package enum Digests {
  /// Hex SHA-256 of the values' JSON, so that comments and blank lines in a file make no difference.
  package static func of(_ scenario: Scenario, _ fleet: Fleet) throws -> [String: String] {
    // How the controller reaches the fleet is not part of its identity.
    var reached = fleet
    reached.netns = nil
    reached.sshConfig = nil
    reached.controller = nil
    return [
      "scenario": try digest(scenario), "fleet": try digest(reached),
      "probes": try digest(fleet.probes.filter { scenario.steady.probes.contains($0.name) }),
    ]
  }

  private static func digest(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = [UInt8](try encoder.encode(value))
    var context = SHA2_CTX()
    SHA256Init(&context)
    SHA256Update(&context, bytes, bytes.count)
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256Final(&digest, &context)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
