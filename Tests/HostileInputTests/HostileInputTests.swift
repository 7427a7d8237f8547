import Foundation
import Glibc
import HostileInput
import Scenario
import Testing
import Views

/// Malicious and corrupted input: refused or accepted, and the process survives.
///
/// Each target runs in its own process, so that a crash is detected. `make fuzz` searches further, guided by coverage.
struct HostileInputTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The peak memory of this process, in KiB. What getrusage(2) counts includes the process that started it.
  private static func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.filter(\.isNumber)))
  }

  @Test("Mutated input doesn't crash a reader or let its memory grow", arguments: HostileTarget.allCases)
  func nothingCrashesHangsOrGrows(target: HostileTarget) async {
    await #expect(processExitsWith: .success) { [target = target.rawValue as String] in
      let target = try #require(HostileTarget(rawValue: target))
      defer { try? HostileTarget.clean() }
      // The machine's tools are not there for a session.
      setenv("PATH", "/nonexistent", 1)
      let seeds = try target.seeds(root: HostileInputTests.root)
      var mutator = Mutator(seeds: seeds, seed: 0x4D75_7270_6879)
      for seed in seeds { try target.feed(seed) }
      for _ in 0..<([.journal, .comparison].contains(target) ? 30 : 200) { try target.feed(mutator.next()) }
      let peak = try HostileInputTests.peak()
      if peak > 300_000 { throw TooMuch(kibibytes: peak) }
    }
  }

  /// A view without its required parameters would refuse every answer, and its reader would not be tested.
  @Test("Each view that the fuzzer feeds has its required parameters", arguments: HostileTarget.viewSpecs)
  func viewsAreComplete(spec: ViewSpec) throws { _ = try spec.question() }

  private struct TooMuch: Error { var kibibytes: Int }
}
