import CDigest
import FoundationEssentials
import Journal

extension Simulation.Outcome {
  /// Hex SHA-256 of the journal as it would be on disk.
  package func digest() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var context = SHA2_CTX()
    SHA256Init(&context)
    for entry in journal {
      let line = [UInt8](try encoder.encode(entry)) + [UInt8(ascii: "\n")]
      SHA256Update(&context, line, line.count)
    }
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256Final(&digest, &context)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
