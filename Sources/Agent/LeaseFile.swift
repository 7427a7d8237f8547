/// The format of a lease file: the lease as one line of JSON, and a second line with a checksum of the first.
///
/// The checksum detects a file that was truncated, edited by hand or damaged, so that only a recorded undo is
/// performed. It is not a security measure: the folder's mode protects the file, and root can change a host without a
/// lease file.
package enum LeaseFile {
  private static let mark = "fnv1a-64 "

  /// A lease's JSON with its checksum.
  package static func sealed(_ json: [UInt8]) -> [UInt8] {
    let digits = String(check(of: json), radix: 16)
    return json + Array("\n\(mark)\(String(repeating: "0", count: 16 - digits.count))\(digits)\n".utf8)
  }

  /// The JSON in a file; nil if it is incomplete or was changed.
  package static func content(of file: [UInt8]) -> [UInt8]? {
    guard let end = file.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let json = Array(file[..<end])
    return sealed(json) == file ? json : nil
  }

  /// FNV-1a of 64 bits, see draft-eastlake-fnv: any changed byte changes it.
  private static func check(of bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
