import Scenario

extension Fleet.Host {
  /// The line of sudoers(5) that allows the ssh user a program as root.
  package func sudoersLine(for program: String) -> String {
    "\(sshUser ?? "USER") ALL=(root) NOPASSWD: \(program)"
  }
}
