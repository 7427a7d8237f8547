import CTrace
import Glibc
import Linux

/// Traces an agent or a watchdog by ptrace(2), one system call at a time, and stops it at a call in a chosen stretch of
/// a lease's life. The agent has no code for this.
///
/// When the tracer ends, the process continues.
struct AgentTrace: ~Copyable {
  /// A stretch of a lease's life, as determined by its process's system calls.
  enum Stretch: String, CaseIterable {
    /// Until the lease's file has its name and the folder is synced.
    case beforeLease = "before-lease"
    /// Until the write of the record that injection has started.
    case leased
    /// Until the write of the reply with the effect.
    case injecting
    /// Until a process takes the lease's lock.
    case holding
    /// Until the log is opened to record the lease's end.
    case reverting
    /// Until that record is synced.
    case noting
    /// After that.
    case over

    var next: Stretch? {
      Self.allCases.firstIndex(of: self).flatMap {
        $0 + 1 < Self.allCases.count ? Self.allCases[$0 + 1] : nil
      }
    }
  }

  private let process: Int32
  private let memory: Descriptor
  private var stretch: Stretch
  private var calls = 0
  /// The system call of each thread.
  private var inside: [Int32: ctrace_call] = [:]
  private var syncs: Set<Int32> = []
  private var notes: Set<Int32> = []

  /// Starts tracing each thread of a process.
  ///
  /// - Parameter stretch: its present stretch.
  init(_ process: Int32, in stretch: Stretch) throws(SystemError) {
    let memory = try Descriptor(open: "/proc/\(process)/mem", O_RDONLY)
    try Self.seize(process)
    self.process = process
    self.stretch = stretch
    self.memory = memory
  }

  private static func seize(_ process: Int32) throws(SystemError) {
    for name in try DurableFile.list("/proc/\(process)/task") {
      guard let thread = Int32(name) else { continue }
      try checked("ptrace", "\(thread)") { ctrace_seize(thread) }
      try checked("ptrace", "\(thread)") { ctrace_interrupt(thread) }
    }
  }

  /// Runs the process until it begins the `skip`th system call of a stretch, or that stretch's last; then it is
  /// stopped. Nil if the process ended before.
  ///
  /// - Parameter passed: called for each stretch that is over, with its number of calls.
  mutating func hold(
    in wanted: Stretch, skip: Int, passed: (Stretch, Int) -> Void
  ) throws(SystemError) -> (stretch: Stretch, calls: Int)? {
    while true {
      var status: Int32 = 0
      // __WALL, see waitpid(2): includes threads.
      let thread = waitpid(-1, &status, 0x4000_0000)
      if thread < 0 {
        if errno == EINTR { continue }
        return nil
      }
      // The process ended.
      guard status & 0xff == 0x7f else {
        if thread == process { return nil }
        continue
      }
      let signal = (status >> 8) & 0xff
      switch (signal, status >> 16) {
      case (SIGTRAP | 0x80, _):
        var call = ctrace_call()
        guard ctrace_call(thread, &call) == 0 else { continue }
        if call.border == 1 {
          inside[thread] = call
          let before = (stretch, calls)
          if isLast(call) {
            // This is the end of the chosen stretch: the latest possible call.
            if stretch == wanted { return (stretch, calls) }
            advance(passed)
          }
          if stretch == wanted, calls >= skip { return (stretch, calls) }
          if before.0 == stretch { calls += 1 }
          note(call, of: thread)
        } else if call.border == 2 {
          inside[thread] = nil
          if syncs.remove(thread) != nil {
            if stretch == wanted { return (stretch, calls) }
            advance(passed)
          }
        }
        _ = ctrace_resume(thread, 0)
      // This is a stop of the whole process, which stays stopped as if untraced.
      case (SIGSTOP, 128), (SIGTSTP, 128), (SIGTTIN, 128), (SIGTTOU, 128): _ = ctrace_listen(thread)
      case (_, 0): _ = ctrace_resume(thread, signal)
      default: _ = ctrace_resume(thread, 0)
      }
    }
  }

  private mutating func advance(_ passed: (Stretch, Int) -> Void) {
    passed(stretch, calls)
    stretch = stretch.next ?? .over
    calls = 0
  }

  /// Whether this call ends its stretch.
  private func isLast(_ call: ctrace_call) -> Bool {
    switch (stretch, ctrace_kind(UInt32(call.kind))) {
    case (.leased, ctrace_write): text(at: call.arguments.1, call.arguments.2).contains("\"injecting\"")
    case (.injecting, ctrace_write): text(at: call.arguments.1, call.arguments.2).contains("\"effective\"")
    case (.holding, ctrace_flock): true
    case (.reverting, ctrace_openat):
      call.arguments.2 & UInt64(O_APPEND) != 0 && text(at: call.arguments.1, 4096).hasSuffix(".log")
    default: false
    }
  }

  /// The lease is on disk, or its end is logged, when its thread's next sync is over.
  private mutating func note(_ call: ctrace_call, of thread: Int32) {
    switch ctrace_kind(UInt32(call.kind)) {
    case ctrace_rename where text(at: call.arguments.1, 4096).hasSuffix(".lease"),
      ctrace_renameat where text(at: call.arguments.3, 4096).hasSuffix(".lease"):
      notes.insert(thread)
    case ctrace_sync where stretch == .beforeLease && notes.contains(thread),
      ctrace_sync where stretch == .noting:
      syncs.insert(thread)
    default: break
    }
  }

  /// At most this many bytes of the process's memory, up to the first NUL.
  private func text(at address: UInt64, _ count: UInt64) -> String {
    var bytes = [UInt8](repeating: 0, count: Int(min(count, 4096)))
    // A string near the end of its page: reads the part that exists.
    let read = pread(memory.number, &bytes, bytes.count, Int(address))
    return String(decoding: bytes.prefix(max(0, read)).prefix { $0 != 0 }, as: UTF8.self)
  }
}
