import AgentProtocol
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

  /// Refuses what gluster would not take for a volume's name, an option above all: it finds those anywhere among its
  /// arguments, and some name files that it writes.
  static func checkVolume(_ name: String) throws {
    let isName = name.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-")
    }
    guard isName, !name.isEmpty, !name.hasPrefix("-"), name.utf8.count <= 255 else {
      throw AgentRefusal("'\(name.prefix(40))' can't be a volume's name: letters, digits, - and _")
    }
  }

  /// What they say; of one that says nothing in time, nothing. A tool that hangs is what a view must show.
  func outputs() throws(ProcessFailure) -> [String] {
    var outputs: [String] = []
    for command in commands {
      do throws(ProcessFailure) {
        let outcome = try ChildProcess.run(
          command, within: .seconds(8), outputLimit: RequestLine.lengthLimit)
        outputs.append(outcome.outputText)
      } catch {
        if !error.isTimeout { throw error }
        outputs.append("")
      }
    }
    return outputs
  }
}
