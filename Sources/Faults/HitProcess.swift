import Glibc
import Linux
import Scenario

/// The process that a fault hits, with the data for its effect and its revert.
struct HitProcess: Codable, Sendable, CustomStringConvertible {
  /// The identity of the process, which differs from that of a later process with the same id.
  var process: ProcessIdentity
  /// The unit or executable by which it was chosen.
  var name: String

  /// `process 1234 (/usr/sbin/glusterfsd)`.
  var description: String { "process \(process.pid) (\(name))" }

  /// The state that the kernel shows; nil if the process doesn't run any more.
  func state() throws(SystemError) -> Character? { try process.state() }

  /// Stops it.
  ///
  /// - Throws: `ProcessStopped` if something else has stopped it since the lease was armed; `ProcessEnded`; `SystemError`.
  func stop() throws {
    if try state() == "T" { throw ProcessStopped(pid: process.pid, name: name) }
    try hit(SIGSTOP)
  }

  /// Sends the signal.
  ///
  /// - Throws: `ProcessEnded` if it has ended; `SystemError`.
  func hit(_ signal: Int32) throws {
    if try !process.signal(signal) { throw ProcessEnded(pid: process.pid, name: name) }
  }

  /// The effect of a kill: whether it is gone.
  func isKilled() throws(SystemError) -> EffectState {
    switch try state() {
    case nil: .active(evidence: "\(self) is gone")
    case let state?: .inactive(because: "\(self) still runs (state \(state))")
    }
  }
}

/// A fault that kills one process.
protocol KillFault: LeasedFault where Undo == HitProcess {}

extension KillFault {
  /// The agent is never the killed process, and the control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }
  /// Nothing can undo it.
  package var signals: Set<EffectSignal> { [] }

  var injection: Injection<HitProcess> {
    .once { undo, _ in try undo.hit(SIGKILL) }
  }

  /// Whether the process is gone. A process whose threads wait for storage that hangs is a zombie: it executes nothing
  /// any more, but it keeps its files until the storage answers, and libvirt may still show the domain.
  func effect(_ undo: HitProcess, using instruments: Instruments) throws -> EffectState {
    try undo.isKilled()
  }

  /// Changes nothing: a killed process can't be restored.
  static func revert(_ undo: HitProcess, using instruments: Instruments) throws {}
  static func residue(_ undo: HitProcess, using instruments: Instruments) throws -> [String] { [] }
}

extension ProcessIdentity {
  /// Continues it after a stop, unless another lease's active fault has stopped it: that lease continues it.
  func resume(using instruments: Instruments) throws {
    if try !isStoppedByAnother(using: instruments) { _ = try signal(SIGCONT) }
  }

  /// Whether it is stopped, and another lease's active fault has not stopped it.
  func isLeftStopped(using instruments: Instruments) throws -> Bool {
    try state() == "T" && !isStoppedByAnother(using: instruments)
  }

  private func isStoppedByAnother(using instruments: Instruments) throws -> Bool {
    try instruments.otherFaults().contains { other in
      switch other.order.leased {
      case is ProcessStop: try other.order.undo(other.undo, as: HitProcess.self)?.process == self
      case is VMFreeze: try other.order.undo(other.undo, as: VMFreeze.Undo.self)?.process == self
      default: false
      }
    }
  }
}

/// Something else has stopped a process before a fault could stop it. It may need the process stopped.
struct ProcessStopped: Error, Equatable, CustomStringConvertible {
  var pid: Int32
  var name: String
  var description: String {
    "process \(pid) (\(name)) was stopped by something else before the fault: continue it and run again"
  }
}

/// A process ended before it could be hit.
struct ProcessEnded: Error, Equatable, CustomStringConvertible {
  var pid: Int32
  var name: String
  var description: String { "process \(pid) (\(name)) ended before it could be hit: start it and run again" }
}
