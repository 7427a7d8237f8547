import AgentProtocol
import Scenario
import Views

/// The programs of a view on this host.
struct ViewTools {
  private let commands: [[String]]
  private let limit: Nanoseconds
  private let outputLimit: Int

  /// The tools of a view from this agent's own list of views, or a command that this host's policy allows.
  ///
  /// - Throws: if the view runs no tool on a host, or the policy doesn't allow the command.
  init(of spec: ViewSpec, policy path: String) throws {
    switch try spec.question() {
    case .tools(let tools):
      commands = tools
      limit = .seconds(8)
      outputLimit = RequestLine.lengthLimit
    case .command(let command, let limit):
      if !(try Policy.read(path).allows(command: command)) {
        throw Refusal.viewNotAllowed(
          reason: "\(path) doesn't allow the command: add \"\(Policy.text(of: command))\" to its \"commands\""
        )
      }
      commands = [command]
      self.limit = limit
      outputLimit = 1 << 16
    case .get, .api, .delivery:
      throw Refusal.viewNotAllowed(reason: "the view '\(spec.kind)' runs nothing on a host")
    }
  }

  /// Runs the tools in sequence.
  func answers() -> [ViewAnswer] {
    commands.map { ViewAnswer(running: $0, within: limit, outputLimit: outputLimit) }
  }
}
