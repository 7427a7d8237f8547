extension SHA256 {
  /// The authentication code of a message by HMAC-SHA-256 (RFC 2104).
  package static func code(of message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
    var padded = key
    if padded.count > blockLength {
      var hash = SHA256()
      hash.update(padded)
      padded = hash.digest()
    }
    padded += [UInt8](repeating: 0, count: blockLength - padded.count)
    var inner = SHA256()
    inner.update(padded.map { $0 ^ 0x36 })
    inner.update(message)
    var outer = SHA256()
    outer.update(padded.map { $0 ^ 0x5c })
    outer.update(inner.digest())
    return outer.digest()
  }

  private static let blockLength = 64
}
