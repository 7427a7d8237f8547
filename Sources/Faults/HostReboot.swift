import Linux
import Scenario

/// `host.reboot`: a host reboots by itself. A process of the lease calls reboot(2) there a moment after the effect was
/// reported, so that the controller has the report before the agent ends with its host. Until then a revert prevents it.
package struct HostReboot: PerformedFault, LeasedFault {
  /// The host's name in the fleet.
  let host: String

  /// How long the process waits: the controller must get the report of the injection, over a path that may be slow.
  static let notice = Nanoseconds.seconds(1)

  package static let description = FaultDescription(
    name: "host.reboot",
    summary:
      "A host reboots by itself at once (reboot(2)), as after a fault of its kernel: no program is stopped before, and no file system is unmounted.",
    targets: [.host], takesHost: true, extent: .instant,
    variants: [
      .init(
        "restart",
        observed: .byItsTests(
          because: "torture's hosts share PID 1 with the machine, so the fault refuses to reboot them"))
    ])

  /// The reboot of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    self.host = host.name
  }

  /// `falco's kernel (restart)`.
  package var object: String { "\(host)'s kernel (restart)" }
  /// All programs end with their kernel.
  package var footprint: [Resource] { [Resource(.process, "*")] }
  package var undoing: String {
    "\(host) boots by itself, without what its programs had not written to disk; if it doesn't boot, it stays down until "
      + "something other than Murphy starts it"
  }
  /// Murphy can't start a host without its BMC.
  package var reversal: Reversal { .damage }
  /// Until the reboot, the end of the agent's stdin must prevent it.
  package var pathLoss: PathLoss { .never }
  /// No socket announces the end of a process to an observer.
  package var signals: Set<EffectSignal> { [] }
  /// No process of the host is left to confirm it.
  package var confirmation: FaultTraits.Confirmation { .byBoot(of: host) }

  /// Whether reboot(2) would reboot this host, and nothing else.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.hostRestart.obstacle().map { [$0] } ?? []
  }

  package func remarks(using instruments: Instruments) throws -> [String] {
    [
      "no service is stopped before \(host) reboots: it is a crash for its virtual machines and its storage, and unlike a reset "
        + "by the BMC it needs a kernel that still runs",
      "\(host) must boot without a person: a boot loader that waits, or a disk with a passphrase, keeps it down",
    ]
  }

  /// The data for the process and for the revert.
  struct Undo: Codable, Sendable {
    var process: LeaseProcess
    /// The boot that ends. The process of a record from another boot, or from another host, must do nothing.
    var boot: String
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    Undo(process: LeaseProcess(of: lease), boot: try Clock.bootIdentity())
  }

  var injection: Injection<Undo> {
    .byProcess(
      because: "a kernel that has restarted stays so; until then, the lease's process ends with the agent",
      prepare: { undo, instruments in
        if let reason = instruments.hostRestart.obstacle() { throw HostRestartRefused(reason: reason) }
        try undo.process.start(self, undo, using: instruments)
      },
      act: { undo, lifetime, instruments in try undo.process.begin(for: lifetime, using: instruments) })
  }

  func perform(_ undo: Undo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments) throws {
    guard try pause(Self.notice) else { return }
    let boot = try Clock.bootIdentity()
    guard boot == undo.boot else {
      throw HostRestartRefused(reason: "its lease is of boot \(undo.boot), and this is boot \(boot)")
    }
    try instruments.hostRestart.perform()
  }

  /// Whether the process is about to reboot the host: see `confirmation`.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    if let reason = try undo.process.idleness(using: instruments) { return .inactive(because: reason) }
    return .active(evidence: "a process of the lease reboots \(host) within \(Self.notice)")
  }

  /// Prevents the reboot, if it has not happened yet.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    try undo.process.end(using: instruments)
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    try undo.process.residue()
  }
}
