import ArgumentParser
import Glibc
import Linux

/// Stops a process at a moment of its life until its own stdin ends or it is killed.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Stops a process at a moment of its life.", shouldDisplay: false)

  @Argument var process: Int32
  @Option var from: AgentTrace.Stretch
  @Option var `in`: AgentTrace.Stretch
  @Option var skip: Int

  func run() throws {
    var trace = try AgentTrace(process, in: from)
    try printNow("attached")
    var passed: [(AgentTrace.Stretch, Int)] = []
    let held = try trace.hold(in: `in`, skip: skip) { passed.append(($0, $1)) }
    for (stretch, calls) in passed { try printNow("passed \(stretch.rawValue) \(calls)") }
    guard let held else { return try printNow("ended") }
    try printNow("held \(held.stretch.rawValue) \(held.calls)")
    var byte: UInt8 = 0
    _ = read(0, &byte, 1)
  }
}

extension AgentTrace.Stretch: ExpressibleByArgument {}
