import Glibc

/// Identifies a process beyond reuse of its id: the id and the start time.
package struct ProcessIdentity: Hashable, Codable, Sendable {
  package var pid: Int32
  /// The start time in clock ticks since boot: field 22 of /proc/PID/stat, see proc(5).
  package var started: UInt64

  /// The process that has this id now.
  ///
  /// - Throws: `SystemError` with ENOENT if there is none.
  package init(pid: Int32) throws(SystemError) {
    let stat = try Stat(pid: pid)
    self.init(pid: pid, started: stat.started)
  }

  /// An identity read from a record.
  package init(pid: Int32, started: UInt64) {
    self.pid = pid
    self.started = started
  }

  /// The process state, as ps(1) shows it (`R`, `S`, `T`, …); nil if the process has ended. A zombie has: no signal has an
  /// effect on it, and its parent may take any time to reap it.
  package func state() throws(SystemError) -> Character? {
    guard let state = try stateUntilReaped(), !Stat.ended.contains(state) else { return nil }
    return state
  }

  /// The process state, also of a zombie (`Z`, `X`); nil if the process has been reaped.
  package func stateUntilReaped() throws(SystemError) -> Character? {
    do throws(SystemError) {
      let stat = try Stat(pid: pid)
      return stat.started == started ? stat.state : nil
    } catch {
      if error.errno == ENOENT || error.errno == ESRCH { return nil }
      throw error
    }
  }

  /// Sends a signal to this process; false if it has ended.
  package func signal(_ number: Int32) throws(SystemError) -> Bool {
    do throws(SystemError) {
      let handle = try Descriptor(process: pid)
      // The id may have been reused between opening the pidfd and reading the start time.
      let stat = try Stat(pid: pid)
      // The kernel accepts a signal for a process that has ended or is ending.
      guard stat.started == started, !Stat.ended.contains(stat.state), !stat.isEnding else { return false }
      try handle.signal(number)
      return true
    } catch {
      if error.errno == ENOENT || error.errno == ESRCH { return false }
      throw error
    }
  }

  private struct Stat {
    /// Zombie and dead, see proc_pid_stat(5).
    static let ended: Set<Character> = ["Z", "X"]

    var state: Character
    var started: UInt64
    /// Whether the kernel is taking it down: it executes no program any more, and still has its files.
    var isEnding: Bool

    /// PF_EXITING of linux/sched.h, in the flags that proc_pid_stat(5) names as field 9.
    private static let exiting: UInt64 = 4

    init(pid: Int32) throws(SystemError) {
      let path = "/proc/\(pid)/stat"
      let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
      // The command name may contain spaces and brackets, so fields are counted from the last bracket.
      guard let bracket = text.lastIndex(of: ")") else { throw SystemError("read", path, errno: EPROTO) }
      let fields = text[text.index(after: bracket)...].split(separator: " ")
      guard fields.count > 19, let state = fields[0].first, let started = UInt64(fields[19]),
        let flags = UInt64(fields[6])
      else {
        throw SystemError("read", path, errno: EPROTO)
      }
      self.state = state
      self.started = started
      isEnding = flags & Self.exiting != 0
    }
  }
}
