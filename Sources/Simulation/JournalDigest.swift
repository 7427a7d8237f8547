import Digest
import FoundationEssentials
import Journal

extension Simulation.Outcome {
  /// Hex SHA-256 of the journal as it would be on disk.
  package func digest() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var hash = SHA256()
    for entry in journal { hash.update(try encoder.encode(entry) + [UInt8(ascii: "\n")]) }
    return hash.hex()
  }
}
