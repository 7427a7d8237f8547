import Scenario

/// `process.kill`: a process is killed.
package struct ProcessKill: KillFault {
  /// What starts it again.
  package enum Restart: String, Codable, CaseIterable, Sendable {
    /// systemd, as the unit's setting Restart= demands.
    case unit
    /// Nothing, as far as Murphy can see.
    case leave
  }

  let process: ProcessChoice
  let restart: Restart

  package static let description = FaultDescription(
    name: "process.kill", summary: "A process is killed at once (SIGKILL).", targets: [.host],
    parameters: ProcessChoice.parameters + [
      .init(
        name: "restart",
        summary:
          "What starts it again. unit: systemd, by the unit's Restart=. leave: nothing; the host's policy must name the fault under damage.",
        form: .word(Restart.allCases.map(\.rawValue)), standard: nil, isRequired: true,
        example: .word(Restart.leave.rawValue))
    ],
    needs: [.init("restart", ["unit"], need: "unit", nil, because: "systemd starts units only")],
    takesHost: true, extent: .instant, exactlyOne: ProcessChoice.exactlyOne,
    companions: ProcessChoice.companions,
    variants: [.init("by executable, left dead", ["restart": "leave"], observed: .onProcess(.gone))])

  /// The kill of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    process = try ProcessChoice(step.parameters, of: step)
    guard let restart = Self.word("restart", of: step).flatMap(Restart.init) else {
      throw StepRefused(step, "restart is unit or leave", of: "restart")
    }
    if restart == .unit, process.unit == nil {
      throw StepRefused(
        step, "restart: unit needs unit, since systemd starts units only", of: "restart", "unit")
    }
    self.restart = restart
  }

  /// The process, and what starts it again.
  package var object: String {
    process.words + (restart == .leave ? " (left dead)" : " (restarted by systemd)")
  }
  package var footprint: [Resource] { [Resource(.process, process.name)] }
  /// What starts it again, if anything does.
  package var undoing: String {
    switch restart {
    case .unit: "systemd starts the unit again, by its Restart="
    case .leave: "\(process.words) stays dead until something other than Murphy starts it"
    }
  }
  /// As the step's `restart` determines.
  package var reversal: Reversal { restart == .unit ? .restart : .damage }

  /// Whether exactly one process matches, may be killed, and would be restarted as the step declares.
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

  /// The process, for the check of the effect. There is nothing to undo.
  func snapshot(for lease: String, using instruments: Instruments) throws -> HitProcess {
    HitProcess(process: try process.find(using: instruments).identity, name: process.name)
  }
}
