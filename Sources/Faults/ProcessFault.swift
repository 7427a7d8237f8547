import Linux
import Scenario

/// A fault that is one process of the lease, and changes nothing that outlives that process.
protocol ProcessFault: PerformedFault where Undo == ProcessUndo {
  /// The evidence while it is active.
  var evidence: String { get }
  /// Why it isn't active although its process runs; nil if it is.
  func deviation(using instruments: Instruments) throws -> String?
}

/// The data for the revert of such a fault.
struct ProcessUndo: Codable, Sendable {
  var process: LeaseProcess
}

extension ProcessFault {
  package var reversal: Reversal { .restore }
  /// The agent's own connection is never hit.
  package var pathLoss: PathLoss { .never }
  /// No socket announces the end of a process to an observer.
  package var signals: Set<EffectSignal> { [] }

  func snapshot(for lease: String, using instruments: Instruments) throws -> ProcessUndo {
    ProcessUndo(process: LeaseProcess(of: lease))
  }

  var injection: Injection<ProcessUndo> {
    .byProcess(
      because:
        "its process ends by itself with the agent, or a second after the deadline, and stays only if it "
        + "is stopped",
      prepare: { undo, instruments in try undo.process.start(self, undo, using: instruments) },
      act: { undo, lifetime, instruments in try undo.process.begin(for: lifetime, using: instruments) })
  }

  func deviation(using instruments: Instruments) throws -> String? { nil }

  func effect(_ undo: ProcessUndo, using instruments: Instruments) throws -> EffectState {
    if let reason = try undo.process.idleness(using: instruments) ?? deviation(using: instruments) {
      return .inactive(because: reason)
    }
    return .active(evidence: evidence)
  }

  static func revert(_ undo: ProcessUndo, using instruments: Instruments) throws {
    try undo.process.end(using: instruments)
  }

  static func residue(_ undo: ProcessUndo, using instruments: Instruments) throws -> [String] {
    try undo.process.residue()
  }
}
