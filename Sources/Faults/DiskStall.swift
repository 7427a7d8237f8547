import Glibc
import Linux
import Scenario

/// `disk.stall`: a file system of a host accepts no write.
package struct DiskStall: PerformedFault, LeasedFault {
  /// Where the file system is mounted.
  let mount: String

  package static let description = FaultDescription(
    name: "disk.stall",
    summary:
      "A file system accepts no writes: programs that write wait until the fault ends. They can still read.",
    targets: [.host],
    parameters: [
      .init(
        name: "mount", summary: "The mount point of the file system.", form: .path, standard: nil,
        isRequired: true, example: .text("/bricks/vms"))
    ],
    // Murphy can't determine which of a host's services write there.
    takesHost: true, extent: .held,
    variants: [.init("frozen", observed: .onHost(.writesWait))])

  /// The stall of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .text(let mount) = Self.parameter("mount", of: step) else {
      throw StepRefused(step, "mount names the mount point of the file system that is stalled", of: "mount")
    }
    guard mount != "/" else {
      throw StepRefused(
        step, "mount: / would stall the whole host, with Murphy's own agent: choose another", of: "mount")
    }
    self.mount = mount
  }

  package var object: String { mount }
  package var footprint: [Resource] { [Resource(.folder, mount)] }
  package var undoing: String { "thaws the file system, as fsfreeze --unfreeze does" }
  package var reversal: Reversal { .restore }
  /// The agent and its connection write nothing there.
  package var pathLoss: PathLoss { .never }
  /// Nothing announces that a file system is thawed.
  package var signals: Set<EffectSignal> { [] }
  /// The kernel first writes the changes that are still in memory to the disk.
  package var effectPatience: Nanoseconds { .seconds(60) }

  /// Whether the path is a mount point of a file system that can be frozen, and neither that of the leases nor the root.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let disk = try Disk(of: mount)
      if let reason = try disk.refusal(using: instruments) { return [reason] }
      if try Disk(of: "/").isSame(as: disk) { return ["\(mount) is on the root file system: choose another"] }
      if try !disk.isMountPoint() {
        return ["\(mount) is not a mount point: name the one of its file system (df \(mount))"]
      }
      // The kernel offers no trial. Others, such as tmpfs, have nothing to freeze.
      if ![Disk.xfs, Disk.ext4, Disk.btrfs].contains(disk.type) {
        return ["\(mount) is not xfs, ext4 or btrfs, which can be frozen (fsfreeze)"]
      }
      if try isStalled(using: instruments) {
        return ["another lease stalls \(mount): begin this step after its end"]
      }
      return []
    } catch {
      return ["\(error)"]
    }
  }

  private func isStalled(using instruments: Instruments) throws -> Bool {
    let disk = try Disk(of: mount)
    return try instruments.otherFaults().contains { other in
      guard let undo = try other.order.undo(other.undo, as: Undo.self) else { return false }
      return try Disk(of: undo.mount).isSame(as: disk)
    }
  }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var process: LeaseProcess
    var mount: String
    /// A file that exists while this lease may have frozen the file system, so that a freeze by another program is never
    /// ended. Like the freeze it doesn't outlive a boot.
    var claim: String

    /// Thaws the file system, if this lease may have frozen it.
    func thaw() throws(SystemError) {
      if access(claim, F_OK) != 0 { return }
      _ = try Descriptor(open: mount, O_RDONLY | O_DIRECTORY).thawFileSystem(named: mount)
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let process = LeaseProcess(of: lease)
    return Undo(process: process, mount: mount, claim: "/run/murphy-\(process.mark).stall")
  }

  var injection: Injection<Undo> {
    .byProcess(
      because:
        "a file system that was frozen stays so until it is thawed; the lease's process does that at the "
        + "agent's end, or a second after the deadline, unless it was killed",
      prepare: { undo, instruments in try undo.process.start(self, undo, using: instruments) },
      act: { undo, lifetime, instruments in try undo.process.begin(for: lifetime, using: instruments) })
  }

  /// The name of the thread that waits for the file system.
  private static let writer = "writer"

  /// Freezes the file system, lets a thread write to it, and thaws it. The thread gets through only when the file system
  /// is thawed: if another program does that, the process ends.
  func perform(_ undo: Undo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments) throws {
    let root = try Descriptor(open: mount, O_RDONLY | O_DIRECTORY)
    try DurableFile.write([UInt8](), to: undo.claim)
    do throws(SystemError) {
      try root.freezeFileSystem(named: mount)
    } catch {
      // Another program has frozen it.
      try DurableFile.remove(undo.claim)
      throw error
    }
    let (mount, claim) = (mount, undo.claim)
    try startThread(named: Self.writer) {
      // An unnamed file leaves nothing; see O_TMPFILE in open(2).
      let file = open(mount, O_RDWR | Disk.unnamedFile | O_CLOEXEC, 0o600)
      if file >= 0 { close(file) }
      unlink(claim)
      _exit(0)
    }
    while try pause(.seconds(60)) {}
    _ = try root.thawFileSystem(named: mount)
    try DurableFile.remove(undo.claim)
  }

  /// Whether the thread waits, as the kernel shows it.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    if let reason = try undo.process.idleness(using: instruments) { return .inactive(because: reason) }
    return try undo.process.isBlocked(Self.writer, using: instruments)
      ? .active(evidence: "a process of this lease waits for a write to \(mount)")
      : .inactive(because: "\(mount) accepts writes")
  }

  /// The process may be about to freeze the file system, and one that has can't end before it is thawed.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    try undo.process.end(using: instruments) { () throws(SystemError) in try undo.thaw() }
    try undo.thaw()
    if unlink(undo.claim) != 0 {
      let code = errno
      if code != ENOENT { throw SystemError("unlink", undo.claim, errno: code) }
    }
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    try undo.process.residue()
      + (access(undo.claim, F_OK) == 0 ? ["\(undo.mount) may be frozen: thaw it (fsfreeze --unfreeze)"] : [])
  }
}
