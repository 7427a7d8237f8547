import Glibc
import Linux
import Scenario

/// `process.stop`: a process is stopped.
package struct ProcessStop: LeasedFault {
  /// The process.
  let process: ProcessChoice

  /// What the fault declares.
  package static let description = FaultDescription(
    name: "process.stop",
    summary: "A process is stopped (SIGSTOP): it keeps its sockets and files, and answers nothing.",
    targets: [.host], parameters: ProcessChoice.parameters, takesHost: true, extent: .held,
    exactlyOne: ProcessChoice.exactlyOne, companions: ProcessChoice.companions,
    variants: [.init("by executable", observed: .processStopped)])

  /// The stop that a step asks for.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    process = try ProcessChoice(step.parameters, of: step)
  }

  /// The process.
  package var object: String { process.words }
  /// The process.
  package var footprint: [Resource] { [.process(process.name)] }
  /// How it continues.
  package var undoing: String { "continues the process (SIGCONT), if it is still the same one" }
  /// It continues.
  package var reversal: Reversal { .restore }
  /// The agent's own connection is never hit.
  package var pathLoss: PathLoss { .never }
  /// Nothing announces that a process continues.
  package var signals: Set<EffectSignal> { [] }

  /// Whether exactly one process fits, and may be stopped.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let found = try process.find(using: instruments)
      if try found.identity.state() == "T" { return ["\(ProcessRefused.stopped(found))"] }
      // The null signal asks for the right alone; see kill(2).
      return try found.identity.signal(0) ? [] : ["\(ProcessRefused.matches(process.words, []))"]
    } catch {
      return ["\(error)"]
    }
  }

  /// All that the revert needs.
  struct Undo: Codable, Sendable {
    /// The process, beyond a reuse of its id.
    var process: ProcessIdentity
    /// What it was chosen by.
    var name: String
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let found = try process.find(using: instruments)
    // The program that stopped it may rely on that, and the revert would continue it.
    if try found.identity.state() == "T" { throw ProcessRefused.stopped(found) }
    return Undo(process: found.identity, name: process.name)
  }

  var injection: Injection<Undo> {
    .untilReverted(because: "a process that was stopped stays so until it is continued", byDaemon: false) {
      undo, _ in
      if try !undo.process.signal(SIGSTOP) { throw ProcessEnded(pid: undo.process.pid, name: undo.name) }
    }
  }

  /// The state that the kernel shows. A stopped process that is killed has ended; one that others continue runs.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let words = "process \(undo.process.pid) (\(undo.name))"
    switch try undo.process.state() {
    case "T": return .active(evidence: "the kernel shows \(words) stopped")
    case nil, "Z", "X": return .inactive(because: "\(words) is gone")
    case let state?: return .inactive(because: "\(words) runs (state \(state))")
    }
  }

  /// Continues it; a process that is gone needs nothing.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    _ = try undo.process.signal(SIGCONT)
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    try undo.process.state() == "T" ? ["process \(undo.process.pid) (\(undo.name)) is stopped"] : []
  }
}

/// A process that ended before it could be hit.
struct ProcessEnded: Error, Equatable, CustomStringConvertible {
  var pid: Int32
  var name: String
  var description: String { "process \(pid) (\(name)) ended before it could be hit: start it and run again" }
}
