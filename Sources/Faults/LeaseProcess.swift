import FoundationEssentials
import Glibc
import Linux
import Scenario

/// A fault that a process of its lease performs for as long as it runs.
protocol PerformedFault: LeasedFault {
  /// Performs the fault in this process until a pause returns false, and then undoes it. Also undoes it before an error.
  ///
  /// - Parameter pause: waits; false if the process must end.
  func perform(_ undo: Undo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments) throws
}

/// The process of a lease that performs its fault, `murphy-agent perform MARK`.
///
///     prepared (waits) ──begin──> performs ──(end of its stdin, or of its time)──> has undone the fault, and ends
///         └─────────────(killed by a revert, which undoes the fault itself)──────────────┘
///
/// Its stdin is a pipe from the agent, so the fault ends with the agent even if the watchdog dies as well. A revert finds
/// it by its arguments, since it starts after the lease is on disk.
package struct LeaseProcess: Codable, Hashable, Sendable {
  /// Its second argument. The number distinguishes leases with one name, since every host of a machine's containers is
  /// in the same /proc.
  let mark: String

  init(of lease: String) { mark = "\(lease)-\(UInt32.random(in: 0 ... .max))" }

  private static let command = "perform"
  /// The name of its thread while it performs the fault; see /proc/PID/comm in proc(5).
  private static let performing = "performing"
  private static let startPatience = Duration.seconds(5)

  /// The program of such a process: this one if it is the agent, otherwise the agent beside it.
  static let program: String = {
    guard let own = try? programPath(), let end = own.lastIndex(of: "/") else { return "murphy-agent" }
    // An agent that was replaced on disk still runs as the one that it was.
    if ["murphy-agent", "murphy-agent (deleted)"].contains(own[own.index(after: end)...]) {
      return "/proc/self/exe"
    }
    return own[...end] + "murphy-agent"
  }()

  /// The first line on its stdin.
  private struct Request: Codable {
    var order: FaultOrder
    var undo: Data
  }

  // MARK: In the agent

  /// Starts it, and waits until it can begin at once.
  func start(
    _ fault: some PerformedFault, _ undo: some Encodable, using instruments: Instruments
  ) throws {
    let child = try ChildProcess(
      [instruments.program, Self.command, mark], input: .pipe, output: .pipe, errors: .inherited)
    let request = Request(order: FaultOrder(fault), undo: try JSONEncoder().encode(undo))
    try child.write(try JSONEncoder().encode(request) + [UInt8(ascii: "\n")])
    guard let answer = try child.read(within: Self.startPatience), !answer.isEmpty else {
      throw SystemError("start", "the process of \(mark)", errno: ECHILD)
    }
    instruments.leaseProcesses[mark] = child
  }

  /// Lets it begin. It ends by itself a little after the lease.
  func begin(for lifetime: Nanoseconds, using instruments: Instruments) throws {
    guard let child = instruments.leaseProcesses[mark] else {
      throw SystemError("begin", "the process of \(mark)", errno: ESRCH)
    }
    let end = Nanoseconds(Clock.boottime.now) + lifetime + KernelRevert.grace
    try child.write(Array("\(end.count)\n".utf8))
  }

  // MARK: In any process

  /// Why it doesn't perform the fault; nil if it does.
  func idleness(using instruments: Instruments) throws -> String? {
    guard let process = try find(using: instruments), let state = try process.state()
    else { return "the process of this lease is gone" }
    if "Tt".contains(state) { return "process \(process.pid) of this lease is stopped" }
    let name = try Self.unlessGone { () throws(SystemError) in
      try DurableFile.read("/proc/\(process.pid)/comm")
    }
    return name.map { String(decoding: $0, as: UTF8.self) } == "\(Self.performing)\n"
      ? nil : "process \(process.pid) of this lease has not begun"
  }

  /// Kills it, and waits for its end.
  ///
  /// - Parameter meanwhile: called while it ends, for a process that can't end without it.
  /// - Throws: `SystemError` if it doesn't end.
  func end(
    using instruments: Instruments, meanwhile: () throws(SystemError) -> Void = {}
  ) throws(SystemError) {
    for process in try all() {
      _ = try process.signal(SIGKILL)
      var waits = 0
      while try process.state() != nil {
        if waits == 5000 { throw SystemError("kill", "process \(process.pid)", errno: ETIMEDOUT) }
        try meanwhile()
        waits += 1
        usleep(1000)
      }
    }
    // Reaps it, if it was this process's child.
    instruments.leaseProcesses[mark] = nil
  }

  /// The line of residue if it still runs.
  func residue() throws(SystemError) -> [String] {
    var lines: [String] = []
    for process in try all() {
      if try process.state() == nil { continue }
      lines.append("process \(process.pid) of this lease still runs")
    }
    return lines
  }

  /// Whether a thread of this name waits in the kernel, and can't be interrupted; see proc_pid_stat(5).
  func isBlocked(_ thread: String, using instruments: Instruments) throws(SystemError) -> Bool {
    guard let process = try find(using: instruments) else { return false }
    for task in try DurableFile.list("/proc/\(process.pid)/task") {
      let line = try Self.unlessGone { () throws(SystemError) in
        try DurableFile.read("/proc/\(process.pid)/task/\(task)/stat")
      }
      if String(decoding: line ?? [], as: UTF8.self).contains("(\(thread)) D ") { return true }
    }
    return false
  }

  private func find(using instruments: Instruments) throws(SystemError) -> ProcessIdentity? {
    if let known = instruments.foundProcesses[mark], try known.state() != nil { return known }
    let found = try all().first
    instruments.foundProcesses[mark] = found
    return found
  }

  /// The processes with this mark; more than one only if another program copied its arguments.
  private func all() throws(SystemError) -> [ProcessIdentity] {
    let wanted = [Self.command, mark].map { Array($0.utf8) }
    var found: [ProcessIdentity] = []
    for pid in try DurableFile.list("/proc").compactMap({ Int32($0) }) {
      let line = try Self.unlessGone { () throws(SystemError) in try DurableFile.read("/proc/\(pid)/cmdline")
      }
      guard let line, line.split(separator: 0).dropFirst().map({ Array($0) }) == wanted else { continue }
      let process = try Self.unlessGone { () throws(SystemError) in try ProcessIdentity(pid: pid) }
      if let process { found.append(process) }
    }
    return found
  }

  /// Nil if the process ended meanwhile.
  private static func unlessGone<Value>(
    _ body: () throws(SystemError) -> Value
  ) throws(SystemError) -> Value? {
    do throws(SystemError) {
      return try body()
    } catch {
      if [ENOENT, ESRCH].contains(error.errno) { return nil }
      throw error
    }
  }

  // MARK: In the process itself

  /// Performs the fault that stdin describes; returns the process's exit code.
  package static func run(using instruments: Instruments) -> Int32 {
    for number in [SIGHUP, SIGINT, SIGPIPE] { signal(number, SIG_IGN) }
    do {
      guard let line = try nextLine() else { return 0 }
      let request = try JSONDecoder().decode(Request.self, from: Data(line))
      let perform = try request.order.performance(request.undo)
      try Descriptor(owning: dup(1)).write(Array("ready\n".utf8), to: "stdout")
      // The agent died, or the lease ended, before the injection.
      guard let time = try nextLine(), let end = Int64(String(decoding: time, as: UTF8.self)) else {
        return 0
      }
      nameThread(performing)
      try perform({ span in try waits(span, until: end) }, instruments)
      return 0
    } catch {
      printToStandardError("murphy-agent: perform: \(error)")
      return 1
    }
  }

  /// Waits on CLOCK_BOOTTIME; false at the end of stdin, or of the time.
  private static func waits(_ span: Nanoseconds, until end: Int64) throws(SystemError) -> Bool {
    let wake = min(Clock.boottime.now + span.count, end)
    while true {
      let left = wake - Clock.boottime.now
      if left <= 0 { return Clock.boottime.now < end }
      if try Descriptor.isReadable(0, within: left) { return false }
    }
  }

  /// A line of stdin, byte by byte, so that nothing of a later one is taken; nil at the end.
  private static func nextLine() throws(SystemError) -> [UInt8]? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while try checked("read", "stdin", { read(0, &byte, 1) }) == 1 {
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
    return nil
  }
}

extension FaultOrder {
  /// `PerformedFault.perform`, with the undo from the lease.
  fileprivate func performance(
    _ undo: Data
  ) throws -> (_ pause: (Nanoseconds) throws -> Bool, Instruments) throws -> Void {
    func bind<F: PerformedFault>(
      _ fault: F
    ) throws -> (_ pause: (Nanoseconds) throws -> Bool, Instruments) throws -> Void {
      let undo = try JSONDecoder().decode(F.Undo.self, from: undo)
      return { pause, instruments in try fault.perform(undo, pause: pause, using: instruments) }
    }
    guard let fault = leased as? any PerformedFault else {
      throw SystemError("perform", name, errno: ENOSYS)
    }
    return try bind(fault)
  }
}
