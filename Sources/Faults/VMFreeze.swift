import FoundationEssentials
import Glibc
import Libvirt
import Linux
import Scenario

/// `vm.freeze`: a virtual machine stops executing.
package struct VMFreeze: LeasedFault {
  /// How it is frozen.
  package enum Mode: String, Codable, CaseIterable, Sendable {
    /// libvirt suspends the domain, and reports this.
    case pause
    /// The domain's QEMU process is stopped. libvirt still reports that the domain runs.
    case hang
  }

  package let domain: String
  package let mode: Mode

  package static let description = FaultDescription(
    name: "vm.freeze",
    summary: "A virtual machine stops executing: libvirt suspends it, or still reports that it runs.",
    targets: [.vm],
    parameters: [
      .init(
        name: "mode",
        summary:
          "pause: libvirt suspends it. hang: its QEMU process is stopped, and libvirt still reports that it runs.",
        form: .word(Mode.allCases.map(\.rawValue)), standard: .word(Mode.pause.rawValue))
    ],
    extent: .held,
    variants: [
      .init("pause", ["mode": "pause"], observed: .onDomain(.suspended)),
      .init("hang", ["mode": "hang"], observed: .onDomain(.stopped)),
    ])

  /// The freeze of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
    guard let mode = Self.word("mode", of: step).flatMap(Mode.init) else {
      throw StepRefused(step, "mode is pause or hang", of: "mode")
    }
    self.mode = mode
  }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    /// The domain, which may have been renamed.
    var uuid: UUID
    var name: String
    /// Its QEMU process, if that is stopped.
    var process: ProcessIdentity?
    /// The lease whose mark it has while libvirt suspends it.
    var lease: String?
  }

  package var object: String { "\(domain) (\(mode.rawValue))" }
  package var footprint: [Resource] { [Resource(.domain, domain)] }
  package var undoing: String {
    switch mode {
    case .pause: "resumes it by libvirt, if it is still suspended by its user"
    case .hang: "continues its QEMU process (SIGCONT), if it is still the same process"
    }
  }

  package var reversal: Reversal { .restore }

  /// The control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }

  /// Whether libvirt answers, is new enough and runs the domain, and whether its process may be stopped.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { _ in
      guard mode == .hang else { return [] }
      let process = try ProcessIdentity(ofDomain: domain)
      // The null signal only checks the permission; see kill(2).
      if try !process.signal(0) { return ["domain \(domain): its QEMU process is gone"] }
      return try process.state() == "T"
        ? ["domain \(domain): its QEMU process is stopped already: kill -CONT \(process.pid)"] : []
    }
  }

  /// Identifies the domain and its process.
  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let found = try instruments.runningDomain(domain)
    switch mode {
    case .pause: return Undo(uuid: found.uuid, name: domain, lease: lease)
    case .hang:
      let process = try ProcessIdentity(ofDomain: domain)
      // Something else stopped it. It may need the process stopped, but the revert would continue it.
      if try process.state() == "T" { throw ProcessStopped(pid: process.pid, name: domain) }
      return Undo(uuid: found.uuid, name: domain, process: process)
    }
  }

  /// Suspends the domain, which already has the lease's mark, or stops its process. A stopped process needs no mark,
  /// since it can't be migrated.
  var injection: Injection<Undo> {
    let domain = domain
    return switch mode {
    case .pause:
      .untilReverted(
        because: "a domain that was suspended stays so until it is resumed", byDaemon: true,
        prepare: { undo, instruments in
          guard let lease = undo.lease else { return }
          try instruments.hypervisor().domain(uuid: undo.uuid).setMark(of: lease)
        },
        act: { undo, instruments in
          try instruments.hypervisor().domain(uuid: undo.uuid).suspend()
        })
    case .hang:
      .untilReverted(because: "a process that was stopped stays so until it is continued", byDaemon: false) {
        undo, _ in
        if let process = undo.process, try process.state() == "T" {
          throw ProcessStopped(pid: process.pid, name: domain)
        }
        guard try undo.process?.signal(SIGSTOP) == true else {
          throw DomainNotRunning(name: domain, state: "gone")
        }
      }
    }
  }

  /// libvirt's events. No announcement reports that a process is stopped or continued.
  package var signals: Set<EffectSignal> { mode == .pause ? [.domains] : [] }

  /// Checks the state that libvirt or the kernel shows. A domain that has left the host is no longer frozen for this
  /// host, even if it is still suspended after a migration.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    if let process = undo.process {
      switch try process.state() {
      case "T": return .active(evidence: "the kernel shows QEMU's process \(process.pid) stopped")
      case nil: return .inactive(because: "QEMU's process \(process.pid) of \(undo.name) is gone")
      case let state?:
        return .inactive(because: "QEMU's process \(process.pid) of \(undo.name) runs (state \(state))")
      }
    }
    let found = try instruments.whileHere(undo.uuid) { domain throws(LibvirtError) in
      try domain.state()
    }
    guard let state = found else {
      return .inactive(because: "domain \(undo.name) is gone from this host")
    }
    // The domain doesn't run, even if it is paused for another reason now.
    if case .paused = state { return .active(evidence: "libvirt shows \(undo.name) \(state)") }
    return .inactive(because: "libvirt shows domain \(undo.name) \(state)")
  }

  /// Resumes the domain if it is still suspended by its user, and removes the mark; or continues its process. A domain
  /// that is gone, or runs on another host, needs no revert here. If it was migrated while suspended, it has the mark
  /// and is resumed on the other host.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    if let process = undo.process {
      try process.resume(using: instruments)
    } else {
      _ = try instruments.whileHere(undo.uuid) { domain throws(LibvirtError) in
        try domain.resumeAndUnmark(undo.lease)
      }
    }
  }

  /// Whether the domain is still frozen.
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    if let process = undo.process {
      return try process.isLeftStopped(using: instruments)
        ? ["QEMU's process \(process.pid) of \(undo.name) is stopped"] : []
    }
    let lines = try instruments.whileHere(undo.uuid) { domain throws(LibvirtError) -> [String] in
      let state = try domain.state()
      if state == .paused(.user) { return ["domain \(undo.name) is \(state)"] }
      if let lease = undo.lease, try domain.mark() == lease {
        return ["domain \(undo.name) has the mark of lease \(lease)"]
      }
      return []
    }
    return lines ?? []
  }
}
