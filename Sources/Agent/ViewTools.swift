import AgentProtocol
import Linux
import Scenario
import Views

/// The tools of a view, run on this host.
enum ViewTools {
  /// What they print; of one that prints nothing in time, nothing: a view must show a tool that hangs.
  static func outputs(of tools: [[String]]) throws(ProcessFailure) -> [String] {
    var outputs: [String] = []
    for tool in tools {
      do throws(ProcessFailure) {
        let outcome = try ChildProcess.run(tool, within: .seconds(8), outputLimit: RequestLine.lengthLimit)
        outputs.append(outcome.outputText)
      } catch {
        if !error.isTimeout { throw error }
        outputs.append("")
      }
    }
    return outputs
  }

  /// The tools that a view needs on a host, by this agent's own list of views.
  static func tools(of spec: ViewSpec) throws -> [[String]] {
    guard case .tools(let tools) = try spec.question() else {
      throw AgentRefusal("the view '\(spec.kind)' runs nothing on a host")
    }
    return tools
  }
}
