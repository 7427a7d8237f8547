import CDigest

/// SHA-256 (FIPS 180-4), by libmd.
package struct SHA256 {
  private var context = SHA2_CTX()

  package init() { SHA256Init(&context) }

  package mutating func update(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    SHA256Update(&context, bytes, bytes.count)
  }

  /// The 32 bytes of the digest. The value can't be used again.
  package consuming func digest() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256Final(&digest, &context)
    return digest
  }

  /// The digest as 64 lower-case hexadecimal digits.
  package consuming func hex() -> String {
    digest().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The digest of bytes that are in memory, in hexadecimal digits.
  package static func hex(of bytes: some Collection<UInt8>) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hex()
  }
}
