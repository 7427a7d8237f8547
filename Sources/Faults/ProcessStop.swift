import Glibc
import Linux
import Scenario

/// `process.stop`: a process is stopped.
package struct ProcessStop: LeasedFault {
  let process: ProcessChoice

  package static let description = FaultDescription(
    name: "process.stop",
    summary: "A process is stopped (SIGSTOP): it keeps its sockets and files, and doesn't answer.",
    targets: [.host], parameters: ProcessChoice.parameters, takesHost: true, extent: .held,
    exactlyOne: ProcessChoice.exactlyOne, companions: ProcessChoice.companions,
    variants: [.init("by executable", observed: .onProcess(.stopped))])

  /// The stop of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    process = try ProcessChoice(step.parameters, of: step)
  }

  package var object: String { process.words }
  package var footprint: [Resource] { [Resource(.process, process.name)] }
  package var undoing: String { "continues the process (SIGCONT), if it is still the same one" }
  package var reversal: Reversal { .restore }
  /// The agent's own connection is never hit.
  package var pathLoss: PathLoss { .never }
  /// No announcement reports that a process continues.
  package var signals: Set<EffectSignal> { [] }

  /// Whether exactly one process matches and may be stopped.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      _ = try find(using: instruments)
      return []
    } catch {
      return ["\(error)"]
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> HitProcess {
    HitProcess(process: try find(using: instruments).identity, name: process.name)
  }

  private func find(using instruments: Instruments) throws -> FoundProcess {
    let found = try process.find(using: instruments)
    // Another program stopped the process. It may need the process stopped, but the revert would continue it.
    if try found.identity.state() == "T" { throw ProcessRefused.stopped(found) }
    return found
  }

  var injection: Injection<HitProcess> {
    .untilReverted(because: "a process that was stopped stays so until it is continued", byDaemon: false) {
      undo, _ in try undo.stop()
    }
  }

  /// Checks the state that the kernel shows. A stopped process that is killed has ended. A process that another program
  /// continues runs.
  func effect(_ undo: HitProcess, using instruments: Instruments) throws -> EffectState {
    switch try undo.state() {
    case "T": return .active(evidence: "the kernel shows \(undo) stopped")
    case nil: return .inactive(because: "\(undo) is gone")
    case let state?: return .inactive(because: "\(undo) runs (state \(state))")
    }
  }

  /// Continues the process, unless it is gone or another lease has stopped it.
  static func revert(_ undo: HitProcess, using instruments: Instruments) throws {
    try undo.process.resume(using: instruments)
  }

  static func residue(_ undo: HitProcess, using instruments: Instruments) throws -> [String] {
    try undo.process.isLeftStopped(using: instruments) ? ["\(undo) is stopped"] : []
  }
}
