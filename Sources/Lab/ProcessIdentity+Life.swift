import Glibc
import Linux

extension ProcessIdentity {
  /// Reads a process that a script recorded in a file as pid and start time; nil if there is none.
  init?(recordedIn path: String) {
    guard let bytes = try? DurableFile.read(path) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
    guard words.count == 2, let pid = Int32(words[0]), let started = UInt64(words[1]) else { return nil }
    self.init(pid: pid, started: started)
  }

  /// Whether the process runs. If that can't be read, it counts as dead: the lab is then reported as down.
  var isAlive: Bool { (try? state()) != nil }

  /// Kills the process; true if it was alive.
  func kill() -> Bool { (try? signal(SIGKILL)) == true }
}
