import FoundationEssentials
import Scenario
import Testing

@testable import Journal

@Suite struct SampleFileTests {
  /// Samples with every combination of optional values, and with numbers of every size.
  private static let samples: [Sample] = {
    var samples: [Sample] = []
    var number: Int64 = 0
    for verdict in Sample.Verdict.allCases {
      for sent in [nil, Nanoseconds(3), Nanoseconds(Int64.max), Nanoseconds(Int64.min)] {
        for boot in [nil, "", "4711-a", "é 🐈\n,\""] {
          for parts in [
            nil, RequestParts(), RequestParts(connected: Nanoseconds(1), firstByte: Nanoseconds(-1)),
            RequestParts(
              resolved: Nanoseconds(Int64.max), connected: Nanoseconds(Int64.min), secured: .zero,
              firstByte: .zero),
          ] {
            number += 1
            samples.append(
              Sample(
                trial: number.isMultiple(of: 9) ? Int.max : 1, probe: "probe-\(number % 7)",
                sequence: number.isMultiple(of: 5) ? Int64.min : number,
                scheduled: Nanoseconds(number.isMultiple(of: 4) ? Int64.max : number), sent: sent,
                completed: Nanoseconds(number.isMultiple(of: 6) ? Int64.min : number + 1), verdict: verdict,
                status: "status \(number % 11)", boot: boot, parts: parts))
          }
        }
      }
    }
    return samples
  }()

  private static func blocks(_ samples: [Sample]) -> [[UInt8]] {
    var encoder = SampleEncoder()
    return samples.map { encoder.block($0) }
  }

  private static func file(_ samples: [Sample]) -> [UInt8] { SampleEncoder.header + blocks(samples).joined() }

  private static func read(_ bytes: [UInt8], inPiecesOf size: Int = .max) throws -> [Sample] {
    var reader = SampleReader()
    var samples: [Sample] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      try Array(rest.prefix(size)).withUnsafeBufferPointer { piece in
        Result { () throws(JournalError) in try reader.take(piece) { samples.append($0) } }
      }.get()
      rest = rest.dropFirst(size)
    }
    reader.end { samples.append($0) }
    return samples
  }

  @Test("Samples are read as they were written, in pieces of any size")
  func readsBack() throws {
    let bytes = Self.file(Self.samples)
    for size in [1, 2, 3, 7, 8, 64, 4096, bytes.count] {
      #expect(try Self.read(bytes, inPiecesOf: size) == Self.samples, "\(size)")
    }
  }

  @Test("A sample has the same bytes in every version")
  func bytes() {
    let sample = Sample(
      trial: 1, probe: "web", sequence: 2, scheduled: Nanoseconds(300), sent: Nanoseconds(301),
      completed: Nanoseconds(299), verdict: .fail, status: "500")
    // Checked with Python's zlib.crc32.
    #expect(
      Self.file([sample]) == Array("murphy samples 6\n".utf8) + [
        0x13, 0x00, 0xEC, 0xFF, 0x81, 0x1C, 0x5E, 0x61,
        0x01, 0x03, 0x77, 0x65, 0x62, 0x01, 0x03, 0x35, 0x30, 0x30,
        0x85, 0x02, 0x00, 0x04, 0xD8, 0x04, 0x01, 0x02, 0x01,
      ])
  }

  @Test("The checksum is that of zlib")
  func checksum() {
    func crc(_ text: String) -> UInt32 { Array(text.utf8).withUnsafeBytes { CRC32.of($0) } }
    #expect(crc("") == 0)
    #expect(crc("123456789") == 0xCBF4_3926)
    #expect(crc("The quick brown fox jumps over the lazy dog") == 0x414F_A339)
  }

  @Test("A file that was truncated at any place is read to its last complete sample")
  func isCut() throws {
    let samples = Array(Self.samples.prefix(20))
    let blocks = Self.blocks(samples)
    let bytes = Self.file(samples)
    for length in 0...bytes.count {
      var (whole, end) = (0, SampleEncoder.header.count)
      while whole < blocks.count, end + blocks[whole].count <= length {
        end += blocks[whole].count
        whole += 1
      }
      #expect(try Self.read(Array(bytes.prefix(length))) == Array(samples.prefix(whole)), "\(length)")
    }
  }

  @Test("Zeros after any part of the last block, as after a loss of power, end the file")
  func isCutByPower() throws {
    let samples = Array(Self.samples.prefix(5))
    let last = try #require(Self.blocks(samples).last)
    let bytes = Self.file(samples)
    for missing in 1...last.count {
      for zeros in [missing, missing + 1, 5000] {
        let cut = bytes.dropLast(missing) + [UInt8](repeating: 0, count: zeros)
        for size in [3, Int.max] {
          #expect(try Self.read(Array(cut), inPiecesOf: size) == samples.dropLast(), "\(missing), \(zeros)")
        }
      }
    }
  }

  @Test("A changed bit at any place is an error, or shortens the file by its last sample")
  func flippedBit() throws {
    let samples = Array(Self.samples.prefix(6))
    let bytes = Self.file(samples)
    let beginOfLast = bytes.count - (try #require(Self.blocks(samples).last)).count
    for index in bytes.indices.dropFirst(SampleEncoder.header.count) {
      for bit in 0..<8 as Range<UInt8> {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        if index < beginOfLast {
          let error = #expect(throws: JournalError.self, "\(index)") { try Self.read(flipped) }
          #expect(error?.file == "samples.bin")
        } else if let read = try? Self.read(flipped) {
          #expect(read == samples.dropLast(), "\(index)")
        }
      }
    }
  }

  @Test("An error names the block")
  func namesTheBlock() {
    let samples = Array(Self.samples.prefix(6))
    let blocks = Self.blocks(samples)
    var bytes = Self.file(samples)
    bytes[SampleEncoder.header.count + blocks[0].count + blocks[1].count + 10] ^= 1
    let error = #expect(throws: JournalError.self) { try Self.read(bytes) }
    #expect(error?.file == "samples.bin" && error?.line == 3 && error?.isUnreadable == true)
  }

  @Test("A newer format is refused with its number, and a file of another kind is refused for its first line")
  func newerFormat() {
    let newer = JournalFormat.current + 1
    let error = #expect(throws: JournalError.self) { try Self.read(Array("murphy samples \(newer)\nx".utf8)) }
    #expect(error == JournalError(file: "samples.bin", line: 1, reason: .newerFormat(newer)))
    for text in [
      "my dog\n", "murphy samples\n", "murphy samples x\n", "m" + String(repeating: "u", count: 99),
    ] {
      let error = #expect(throws: JournalError.self) { try Self.read(Array(text.utf8)) }
      #expect(error?.line == 1 && error?.isUnreadable == true, "\(text)")
    }
  }

  @Test("The number of words in memory is limited, with any number of different words")
  func manyWords() throws {
    let samples = (1...20_000).map { number in
      Sample(
        trial: 1, probe: "website", sequence: number, scheduled: .zero, sent: .zero, completed: .zero,
        verdict: .ok, status: "200", boot: "boot \(number)")
    }
    #expect(try Self.read(Self.file(samples)) == samples)
  }

  @Test("A word is truncated to the maximum length")
  func longWord() throws {
    var sample = Self.samples[0]
    sample.status = String(repeating: "é", count: 5000)
    let read = try Self.read(Self.file([sample, Self.samples[1]]))
    #expect(read[0].status == String(repeating: "é", count: 2048))
    #expect(read[1] == Self.samples[1])
  }

  @Test("A sample takes less than half of the bytes of its line of text")
  func size() {
    let samples = (1...1000).map { number in
      Sample(
        trial: 1, probe: "website", sequence: number, scheduled: .milliseconds(100 * number),
        sent: .milliseconds(100 * number) + Nanoseconds(40_000),
        completed: .milliseconds(100 * number) + Nanoseconds(900_000), verdict: .ok, status: "200")
    }
    let lines = samples.reduce(0) { $0 + $1.csv.utf8.count }
    #expect(Self.file(samples).count * 2 < lines)
  }
}

extension JournalError {
  /// Whether the line or the block is invalid, as opposed to one of a newer format.
  fileprivate var isUnreadable: Bool { if case .unreadable = reason { true } else { false } }
}
