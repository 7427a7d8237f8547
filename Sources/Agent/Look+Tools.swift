import Glibc
import Linux
import Scenario

extension Look {
  /// The tools that are asked, in the order of their outputs. Only such as need no lock of the whole cluster: one that
  /// does fails while a peer is gone, and gets in the way of others.
  var commands: [[String]] {
    switch self {
    case .gluster(let volume):
      [
        ["gluster", "--mode=script", "--xml", "pool", "list"],
        ["gluster", "--mode=script", "--xml", "volume", "heal", volume, "info", "summary"],
      ]
    case .pacemaker: [["crm_mon", "--output-as=xml"]]
    }
  }

  /// What they say; of one that says nothing in time, nothing. A tool that hangs is what a view must show.
  func outputs() throws(SystemError) -> [String] {
    var outputs: [String] = []
    for command in commands {
      do throws(SystemError) {
        outputs.append(try HostCommand.output(of: command, patience: .seconds(8)))
      } catch {
        if error.errno != ETIMEDOUT { throw error }
        outputs.append("")
      }
    }
    return outputs
  }
}
