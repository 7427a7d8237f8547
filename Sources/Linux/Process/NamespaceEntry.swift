/// Commands that run inside the namespaces of another process. A thread that enters a namespace stays there and
/// spreads it to the rest of this process, so a child process is used. See nsenter(1).
package enum NamespaceEntry: String, Sendable {
  case net, mount, pid, uts, ipc

  /// All namespaces that a container of this package has.
  package static let all: [NamespaceEntry] = [.net, .mount, .pid, .uts, .ipc]

  /// The command that runs `command` in namespaces of the process `target`.
  package static func command(_ command: [String], in namespaces: [NamespaceEntry] = all, of target: Int32)
    -> [String]
  {
    ["nsenter", "--target", "\(target)"] + namespaces.map { "--\($0.rawValue)" } + ["--"] + command
  }

  /// The command that runs `command` in the network namespace that a path names.
  package static func command(_ command: [String], inNetworkAt path: String) -> [String] {
    ["nsenter", "--net=\(path)", "--"] + command
  }
}
