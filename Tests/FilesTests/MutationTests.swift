import Files
import Foundation
import Scenario
import Testing

/// SplitMix64: the same numbers for the same seed on every machine.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct MutationTests {
  private static func mutate(_ text: String, _ random: inout Seeded) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard let index = bytes.indices.randomElement(using: &random) else { break }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[index] = Array(" \n:-{}[],&*!?#'\"|>%@`\t".utf8).randomElement(using: &random) ?? 0
      case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...9, using: &random)))
      case 3: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: index)
      default:
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let line = lines.indices.randomElement(using: &random) else { break }
        if Bool.random(using: &random) {
          lines.insert(lines[line], at: line)
        } else {
          lines.swapAt(line, lines.indices.randomElement(using: &random) ?? line)
        }
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("A mutated file is either read correctly or refused with a place inside it")
  func survivesMutations() throws {
    let fleet = try lab()
    let good = try ScenarioFile.parse(text: labScenario, file: "s", fleet: fleet, catalogue: catalogue).value
    var random = Seeded(state: 0x4D75_7270_6879)
    var accepted = 0
    for round in 0..<5000 {
      let isFleet = round.isMultiple(of: 2)
      let text = Self.mutate(isFleet ? labFleet : labScenario, &random)
      let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        .count
      do throws(FileRefused) {
        if isFleet {
          let value = try FleetFile.parse(text: text, file: "f").value
          // An accepted file fulfils the basic requirements.
          #expect((0...value.hosts.count).contains(value.quorum))
          #expect(value.probes.allSatisfy { $0.every > .zero && $0.timeout > .zero })
        } else {
          let value = try ScenarioFile.parse(text: text, file: "s", fleet: fleet, catalogue: catalogue).value
          #expect(value.timeline.allSatisfy { $0.duration > .zero })
          // A meaning that changed must have changed in the text too, apart from comments and spaces.
          if value != good { #expect(Self.words(text) != Self.words(labScenario)) }
        }
        accepted += 1
      } catch {
        #expect(error.diagnostics.contains { $0.severity == .error })
        #expect(
          error.diagnostics.allSatisfy { (1...lines + 1).contains($0.line) && $0.column > 0 },
          "\(error)\n\(text)")
      }
    }
    // Some mutations affect a comment, a text or a number; most must be refused.
    #expect((1...2500).contains(accepted), "\(accepted) accepted")
  }

  private static func words(_ text: String) -> [Substring] { text.split { $0.isWhitespace } }
}
