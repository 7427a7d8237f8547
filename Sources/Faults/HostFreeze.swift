import Glibc
import Linux
import Scenario

/// `host.freeze`: all programs of a host are stopped; its power is on, and its kernel answers pings.
package struct HostFreeze: PerformedFault, LeasedFault {
  package static let description = FaultDescription(
    name: "host.freeze",
    summary:
      "All programs of a host are stopped (SIGSTOP), its virtual machines too."
      + " Its kernel still answers pings, and its BMC reports that it is on.",
    targets: [.host], takesHost: true, extent: .held,
    variants: [.init("all programs", observed: .onHost(.programsStopped))])

  /// The freeze of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {}

  package var object: String { "all programs" }
  package var footprint: [Resource] { [Resource(.process, "*")] }
  package var undoing: String { "continues all programs (SIGCONT) that were not stopped before" }
  package var reversal: Reversal { .restore }
  /// The agent and its parents continue, and with them the controller's connection.
  package var pathLoss: PathLoss { .never }
  /// No announcement reports that a process continues.
  package var signals: Set<EffectSignal> { [] }
  /// All processes are read each time.
  package var lookInterval: Nanoseconds { .milliseconds(500) }

  /// Whether there is a program to stop that the agent may signal.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      if try instruments.otherFaults().contains(where: { try $0.order.undo($0.undo, as: Undo.self) != nil }) {
        return ["another lease has frozen this host: begin this step after its end"]
      }
      guard let first = try Self.programs().first(where: { !$0.isStopped }) else {
        return ["no program runs here that could be stopped"]
      }
      // The null signal only checks the permission; see kill(2).
      _ = try first.identity.signal(0)
      return []
    } catch {
      return ["\(error)"]
    }
  }

  package func remarks(using instruments: Instruments) throws -> [String] {
    [
      "PID 1, Murphy's processes and the parents of its agent (sshd, sudo) can't be stopped: what they start during the "
        + "fault runs, also a unit that systemd starts again because it missed its WatchdogSec="
    ]
  }

  /// A process that can be stopped.
  private struct Program {
    var identity: ProcessIdentity
    var isStopped: Bool
  }

  /// All programs of the host, except those that Murphy and the host need. Kernel threads have no arguments.
  private static func programs() throws(SystemError) -> [Program] {
    var programs: [Program] = []
    for pid in try DurableFile.list("/proc").compactMap({ Int32($0) }) {
      do throws(SystemError) {
        guard try FoundProcess.executable(of: pid) != nil else { continue }
        let found = try FoundProcess(pid: pid)
        guard let state = try found.identity.state(), try found.need() == nil else {
          continue
        }
        programs.append(Program(identity: found.identity, isStopped: "Tt".contains(state)))
      } catch {
        // The process ended during the search.
        if ![ENOENT, ESRCH].contains(error.errno) { throw error }
      }
    }
    return programs
  }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var process: LeaseProcess
    /// The programs that ran before the fault.
    var running: [ProcessIdentity]
    /// Those that were stopped before, and stay so.
    var stopped: [ProcessIdentity]
    /// A file that exists while this lease may have stopped programs, so that a late revert continues none that others
    /// stopped since. Like its effect it doesn't outlive a boot.
    var claim: String

    /// Continues the programs.
    func thaw(using instruments: Instruments) throws {
      if access(claim, F_OK) != 0 { return }
      var others = Set(stopped)
      for other in instruments.otherFaults() where other.order.name == ProcessStop.name {
        if let hit = try other.order.undo(other.undo, as: HitProcess.self) { others.insert(hit.process) }
      }
      for program in try HostFreeze.programs() where program.isStopped && !others.contains(program.identity) {
        _ = try program.identity.signal(SIGCONT)
      }
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let programs = try Self.programs()
    let process = LeaseProcess(of: lease)
    return Undo(
      process: process, running: programs.filter { !$0.isStopped }.map(\.identity),
      stopped: programs.filter(\.isStopped).map(\.identity), claim: "/run/murphy-\(process.mark).freeze")
  }

  var injection: Injection<Undo> {
    .byProcess(
      because: "a program that was stopped stays so until it is continued; the lease's process does that at "
        + "the agent's end, or a second after the deadline, unless it was killed",
      prepare: { undo, instruments in try undo.process.start(self, undo, using: instruments) },
      act: { undo, lifetime, instruments in try undo.process.begin(for: lifetime, using: instruments) })
  }

  func perform(_ undo: Undo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments) throws {
    try DurableFile.write([UInt8](), to: undo.claim)
    do {
      // A program may start another one before it is stopped.
      for _ in 0..<20 {
        let running = try Self.programs().filter { !$0.isStopped }
        if running.isEmpty { break }
        for program in running { _ = try program.identity.signal(SIGSTOP) }
        if try !pause(.milliseconds(2)) { return try undo.thaw(using: instruments) }
      }
      while try pause(.seconds(60)) {}
    } catch {
      try undo.thaw(using: instruments)
      throw error
    }
    try undo.thaw(using: instruments)
    try DurableFile.remove(undo.claim)
  }

  /// Whether none of the programs that ran before runs. One that the kernel keeps waiting can't run either, and is
  /// stopped before it returns from there.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    if let reason = try undo.process.idleness(using: instruments) { return .inactive(because: reason) }
    var count = 0
    for process in undo.running {
      switch try process.state() {
      case nil: break
      case "T", "t", "D": count += 1
      case let state?: return .inactive(because: "process \(process.pid) runs (state \(state))")
      }
    }
    return .active(evidence: "the kernel shows all \(count) programs that ran before as stopped")
  }

  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    try undo.process.end(using: instruments)
    try undo.thaw(using: instruments)
    if unlink(undo.claim) != 0 {
      let code = errno
      if code != ENOENT { throw SystemError("unlink", undo.claim, errno: code) }
    }
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    var lines = try undo.process.residue()
    for process in undo.running where try process.state() == "T" {
      lines.append("process \(process.pid) is stopped")
    }
    return lines
  }
}
