import FoundationEssentials
import Linux
import Scenario
import Schedule

/// Any command of the controller: the notice as JSON on its stdin, and in its environment.
struct CommandChannel: ChannelKind {
  let key = "command"
  let summary = "a shell command at the controller, with the notice as JSON on stdin and in MURPHY_ variables"
  let form = ChannelParameter.Form.line
  let further = [
    ChannelParameter(
      name: "timeout", summary: "how long the command may run; 30s if missing", form: .duration)
  ]

  private static let standardTimeout = Nanoseconds.seconds(30)

  func problem(_ channel: Channel) -> ChannelProblem? {
    limit(channel) > Channels.longestCommand
      ? ChannelProblem(
        key: "timeout", reason: "a command of a channel may run for at most \(Channels.longestCommand)") : nil
  }

  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String? {
    try run(
      ["sh", "-c", channel.text(key) ?? ""], input: try HTTPRequest.bytes(notice.json) + Data("\n".utf8),
      variables: notice.variables, within: limit(channel))
  }

  private func limit(_ channel: Channel) -> Nanoseconds {
    channel.text("timeout").flatMap { Nanoseconds($0) } ?? Self.standardTimeout
  }
}

/// Runs a program of a channel to its end, in this process's environment.
///
/// - Returns: its end.
/// - Throws: `Undelivered`, with the end of its output if it failed.
func run(
  _ command: [String], input: Data, variables: [String: String] = [:], within limit: Nanoseconds
) throws(Undelivered) -> String {
  do throws(ProcessFailure) {
    let outcome = try ChildProcess.run(
      command, environment: ProcessInfo.processInfo.environment.merging(variables) { $1 },
      input: Array(input), errors: .output, within: .nanoseconds(limit.count),
      outputLimit: Channels.longestOutput)
    if outcome.end.isSuccess { return "\(outcome.end)" }
    let printed = outcome.outputText.split(whereSeparator: \.isNewline).joined(separator: "; ")
    let shown = String(
      String.UnicodeScalarView(printed.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    throw ProcessFailure(command, .ended(outcome.end), errors: String(shown.suffix(200)))
  } catch {
    throw Undelivered("\(error)")
  }
}
