import Conductor
import Glibc
import Linux
import Scenario

/// A process that `murphy-torture trace`, another process, stops at a moment of its life.
final class HeldProcess {
  private let tracer: ChildProcess

  /// Starts tracing; returns once each thread is traced.
  init(
    _ process: ProcessIdentity, from: AgentTrace.Stretch, in stretch: AgentTrace.Stretch, skip: Int
  ) throws {
    tracer = try ChildProcess(
      [
        try programPath(), "trace", "\(process.pid)", "--from", from.rawValue, "--in", stretch.rawValue,
        "--skip",
        "\(skip)",
      ], environment: [:], input: .pipe, output: .pipe, errors: .inherited)
    var first: [UInt8] = []
    while first.last != UInt8(ascii: "\n") {
      let part = try tracer.output.read(upTo: 1, from: "tracer")
      if part.isEmpty { throw TortureFailed("\(process.pid) can't be traced") }
      first += part
    }
  }

  /// Readable once it is stopped, or has ended.
  var output: Int32 { tracer.output.number }

  /// Waits until it is stopped, and returns the number of calls of each earlier stretch. Nil if it doesn't reach the
  /// moment, for example because the other of agent and watchdog was faster.
  func wait() throws -> [(AgentTrace.Stretch, Int)]? {
    var text = ""
    while !text.contains("held") {
      guard let part = try tracer.read(within: Self.patience) else { return nil }
      if part.isEmpty { throw TortureFailed("it ended before it could be held: \(text)") }
      text += String(decoding: part, as: UTF8.self)
    }
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 3, let stretch = AgentTrace.Stretch(rawValue: String(words[1])),
        let calls = Int(words[2])
      else { return nil }
      return (stretch, calls)
    }
  }

  /// Longer than a lease and its grace time.
  private static let patience = Duration.seconds(5)

  /// Lets the process continue.
  func end() { tracer.kill() }
}

/// The number of system calls in the stretches of each fault.
final class StretchLengths {
  private var lengths: [String: Int] = [:]

  func note(_ subject: FaultCase, _ stretch: AgentTrace.Stretch, _ calls: Int) {
    lengths["\(subject) \(stretch)", default: 0] = max(lengths["\(subject) \(stretch)", default: 0], calls)
  }

  /// A random number below this one. While the number is unknown, a call near the beginning, or the last one.
  func choose(
    _ subject: FaultCase, _ stretch: AgentTrace.Stretch, using random: inout SeededGenerator
  ) -> Int {
    Int.random(in: 0...(lengths["\(subject) \(stretch)"] ?? 40), using: &random)
  }
}
