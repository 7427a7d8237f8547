/// Makes invalid inputs from valid ones, with knowledge of JSON, YAML, XML and lines. The same seed gives the same inputs.
package struct Mutator {
  private var state: UInt64
  private let seeds: [[UInt8]]

  /// Starts from these inputs.
  package init(seeds: [[UInt8]], seed: UInt64) {
    self.seeds = seeds
    state = seed
  }

  /// The next input, of at most 64 KiB.
  package mutating func next() -> [UInt8] {
    guard var bytes = seeds.randomElement(using: &self) else { return [] }
    for _ in 0..<Int.random(in: 1...4, using: &self) { mutate(&bytes) }
    return Array(bytes.prefix(1 << 16))
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    guard let index = bytes.indices.randomElement(using: &self) else { return bytes = Array("{}".utf8) }
    let end = min(bytes.count, index + Int.random(in: 1...40, using: &self))
    switch Int.random(in: 0..<10, using: &self) {
    case 0: bytes.removeSubrange(index...)
    case 1: bytes.removeSubrange(index..<end)
    case 2: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
    case 3: bytes.insert(contentsOf: bytes[index..<end], at: index)
    case 4, 5: bytes.replaceSubrange(index..<index, with: Self.words.randomElement(using: &self) ?? [])
    case 6: renumber(&bytes, from: index)
    case 7: double(&bytes, from: index)
    case 8:
      let depth = [20, 600, 20_000].randomElement(using: &self) ?? 20
      let word = [#"["#, #"{"a":"#, "- ", "? ", "<a>", "a:\n "].randomElement(using: &self) ?? "["
      bytes.insert(contentsOf: Array(repeating: Array(word.utf8), count: depth).joined(), at: index)
    default:
      guard let other = seeds.randomElement(using: &self), !other.isEmpty else { return }
      bytes.replaceSubrange(index..<end, with: other.suffix(Int.random(in: 1...other.count, using: &self)))
    }
  }

  /// Replaces a number by another one.
  private mutating func renumber(_ bytes: inout [UInt8], from index: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[index...].firstIndex(where: { digits ~= $0 }) else { return }
    let end = bytes[start...].firstIndex { !(digits ~= $0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Self.numbers.randomElement(using: &self) ?? [])
  }

  /// Duplicates a member of an object, perhaps with another member's value; or a line.
  private mutating func double(_ bytes: inout [UInt8], from index: Int) {
    let mark: UInt8 = Bool.random(using: &self) ? 0x2C : 0x0A
    guard let start = bytes[index...].firstIndex(of: mark),
      let end = bytes[(start + 1)...].firstIndex(of: mark)
    else { return }
    bytes.insert(contentsOf: bytes[start..<end], at: Bool.random(using: &self) ? start : end)
  }

  private static let numbers = [
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "0", "-1",
    "1e308",
    "-1e400", "0.1", "4294967296", "99999999999999999999999999", "00", "1e-5",
  ].map { Array($0.utf8) }

  private static let texts: [String] = [
    "null", "true", "{}", "[]", "\"\"", ",", ":", "\u{FEFF}", "\r\n", "\t", "\u{0}", "&a [*a, *a]", "*a",
    "<<: *a", "!!str ",
    "--- ", "\n---\n", "...", "%YAML 9.9\n", "|", ">", "'", "\"", "\\u0000", "\\ud800", "]]>", "<![CDATA[",
    "&#0;", "&lt;",
    "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>&c;", "\u{1E}", "-", "--",
    "../../etc/passwd",
    "$(reboot)", "; reboot", "\u{202E}", "é", "𝟙", "\u{301}", "NaN", "Infinity", "1h", "999999999h", "any",
  ]

  private static let noTexts: [[UInt8]] = [
    [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
    [UInt8](repeating: 0x61, count: 5000),
    [UInt8](repeating: 0x20, count: 5000), [UInt8](repeating: 0x0A, count: 5000),
    [UInt8](repeating: 0x22, count: 999),
  ]

  private static let words: [[UInt8]] = texts.map { Array($0.utf8) } + noTexts
}

/// SplitMix64.
extension Mutator: RandomNumberGenerator {
  /// The next number.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
