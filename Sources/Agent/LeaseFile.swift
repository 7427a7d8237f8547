/// A lease file's form: the lease as one line of JSON, and a second line with a check of the first.
///
/// The check tells a file that was cut, edited by hand or damaged from one that an agent wrote, so that an undo which
/// nobody recorded is never done. It holds nobody off who means harm: that is what the folder's mode is for, and who is
/// root needs no lease file to change a host.
package enum LeaseFile {
  private static let mark = "fnv1a-64 "

  /// A lease's JSON with its check.
  package static func sealed(_ json: [UInt8]) -> [UInt8] {
    let digits = String(check(of: json), radix: 16)
    return json + Array("\n\(mark)\(String(repeating: "0", count: 16 - digits.count))\(digits)\n".utf8)
  }

  /// The JSON in a file; nil where it isn't whole, or isn't what was written.
  package static func content(of file: [UInt8]) -> [UInt8]? {
    guard let end = file.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let json = Array(file[..<end])
    return sealed(json) == file ? json : nil
  }

  /// FNV-1a of 64 bits, see draft-eastlake-fnv: any single byte that differs changes it.
  private static func check(of bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
