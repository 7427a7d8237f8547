import Glibc
import Linux

extension ProcessIdentity {
  /// Whether the process exists and isn't a zombie. What can't be told counts as dead: a lab then says that it is down.
  var isAlive: Bool {
    guard let state = try? state() else { return false }
    return state != "Z" && state != "X"
  }

  /// Ends the process at once; true if it was alive.
  func kill() -> Bool { isAlive && (try? signal(SIGKILL)) == true }
}
