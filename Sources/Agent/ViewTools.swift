import Glibc
import Linux
import Scenario
import Views

/// The tools of a view, run on this host.
enum ViewTools {
  /// What they print; of one that prints nothing in time, nothing: a view must show a tool that hangs.
  static func outputs(of tools: [[String]]) throws(SystemError) -> [String] {
    var outputs: [String] = []
    for tool in tools {
      do throws(SystemError) {
        outputs.append(try HostCommand.output(of: tool, patience: Nanoseconds.seconds(8).count))
      } catch {
        if error.errno != ETIMEDOUT { throw error }
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
