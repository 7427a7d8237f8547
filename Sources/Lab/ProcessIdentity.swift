import FoundationEssentials
import Glibc

/// A process for good: its id and the moment it started, so that a reused id is never taken for it.
struct ProcessIdentity: Codable, Equatable, Sendable {
  let pid: Int32
  /// Clock ticks between the machine's boot and the process's start: field 22 of /proc/PID/stat, proc(5).
  let start: UInt64

  /// Whether the process exists and isn't a zombie.
  var isAlive: Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let stat = ProcessStat(text)
    else { return false }
    return stat.start == start && stat.state != "Z" && stat.state != "X"
  }

  /// Ends the process at once; true if it was alive.
  func kill() -> Bool {
    isAlive && Glibc.kill(pid, SIGKILL) == 0
  }
}

/// The fields of /proc/PID/stat, proc(5), that tell a process.
struct ProcessStat {
  let state: Character
  let start: UInt64

  /// Nil if `text` isn't such a line. The command's name, field 2, may itself hold spaces and parentheses.
  init?(_ text: String) {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else { return nil }
    self.state = state
    self.start = start
  }
}
