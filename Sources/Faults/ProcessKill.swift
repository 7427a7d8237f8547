import Glibc
import Linux
import Scenario

/// `process.kill`: a process is killed.
package struct ProcessKill: LeasedFault {
  /// What brings it back.
  package enum Restart: String, Codable, CaseIterable, Sendable {
    /// systemd, by the unit's own setting.
    case unit
    /// Nothing of which Murphy knows.
    case leave
  }

  /// The process.
  let process: ProcessChoice
  /// What brings it back.
  let restart: Restart

  /// What the fault declares.
  package static let description = FaultDescription(
    name: "process.kill", summary: "A process is killed at once (SIGKILL).", targets: [.host],
    parameters: ProcessChoice.parameters + [
      .init(
        name: "restart",
        summary:
          "What brings it back. unit: systemd, by the unit's Restart=. leave: nothing; the host's policy must name the fault under damage.",
        form: .word(Restart.allCases.map(\.rawValue)), standard: nil, isRequired: true,
        example: .word(Restart.leave.rawValue))
    ],
    needs: [.init("restart", ["unit"], need: "unit", nil, because: "systemd starts units only")],
    takesHost: true, extent: .instant, exactlyOne: ProcessChoice.exactlyOne,
    companions: ProcessChoice.companions,
    variants: [.init("by executable, left dead", ["restart": "leave"], observed: .onProcess(.gone))])

  /// The kill that a step asks for.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    process = try ProcessChoice(step.parameters, of: step)
    guard let restart = Self.word("restart", of: step).flatMap(Restart.init) else {
      throw StepRefused(step, "restart is unit or leave")
    }
    if restart == .unit, process.unit == nil {
      throw StepRefused(step, "restart: unit needs unit, since systemd starts units only")
    }
    self.restart = restart
  }

  /// The process, and what brings it back.
  package var object: String {
    process.words + (restart == .leave ? " (left dead)" : " (restarted by systemd)")
  }
  /// The process.
  package var footprint: [Resource] { [Resource(.process, process.name)] }
  /// Who brings it back, or that nothing does.
  package var undoing: String {
    switch restart {
    case .unit: "systemd starts the unit again, by its Restart="
    case .leave: "\(process.words) stays dead until something other than Murphy starts it"
    }
  }
  /// By what the step says.
  package var reversal: Reversal { restart == .unit ? .restart : .damage }
  /// The agent's own connection is never hit.
  package var pathLoss: PathLoss { .never }
  /// Nothing can end it.
  package var signals: Set<EffectSignal> { [] }

  /// Whether exactly one process fits, may be killed, and would be brought back as the step says.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      var lines: [String] = []
      if restart == .unit, let name = process.unit {
        let unit = try instruments.systemd.unit(name)
        if !unit.returnsAfterKill { lines.append("\(UnitRefused.staysDead(name, restart: unit.restart))") }
      }
      _ = try process.find(using: instruments)
      return lines
    } catch {
      return ["\(error)"]
    }
  }

  /// What is needed to see the effect; there is nothing to undo.
  func snapshot(for lease: String, using instruments: Instruments) throws -> HitProcess {
    HitProcess(process: try process.find(using: instruments).identity, name: process.name)
  }

  var injection: Injection<HitProcess> {
    .once { undo, _ in try undo.hit(SIGKILL) }
  }

  /// That the process is gone. A zombie is: nothing of it runs.
  func effect(_ undo: HitProcess, using instruments: Instruments) throws -> EffectState {
    switch try undo.state() {
    case nil, "Z", "X": return .active(evidence: "\(undo) is gone")
    case let state?: return .inactive(because: "\(undo) still runs (state \(state))")
    }
  }

  /// Nothing: what was killed can't be brought back by its identity.
  static func revert(_ undo: HitProcess, using instruments: Instruments) throws {}
  static func residue(_ undo: HitProcess, using instruments: Instruments) throws -> [String] { [] }
}
