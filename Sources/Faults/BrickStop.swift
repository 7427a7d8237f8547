import Glibc
import Linux
import Scenario

/// `brick.stop`: a host's brick of a Gluster volume is dead, while the host and its glusterd continue.
package struct BrickStop: LeasedFault {
  let volume: String
  /// The brick's folder; nil if the host has one brick of the volume.
  let brick: String?

  package static let description = FaultDescription(
    name: "brick.stop",
    summary:
      "A host's brick of a Gluster volume is dead: its process is killed, and its host and glusterd continue.",
    targets: [.host],
    parameters: [
      .init(
        name: "volume", summary: "The volume.", form: .line("VOLUME"), standard: nil, isRequired: true,
        example: .text("vms")),
      .init(
        name: "brick", summary: "The folder of the brick, if the host has several bricks of the volume.",
        form: .path, standard: nil),
    ],
    // The platform has one copy of the data less, as without the host.
    takesHost: true, extent: .held,
    // No other environment has a volume.
    variants: [
      .init(
        "killed", [:], ["volume": .text("vms")],
        observed: .byItsTests(because: "torture's hosts run no Gluster"))
    ])

  /// The stop of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard let volume = Self.text("volume", of: step), GlusterBrick.isName(volume) else {
      throw StepRefused(step, "\(BrickRefused.name)", of: "volume")
    }
    self.volume = volume
    brick = Self.text("brick", of: step)
  }

  /// `brick of vms`, `brick /bricks/vms of vms`.
  package var object: String { "brick \(brick.map { "\($0) " } ?? "")of \(volume)" }
  package var footprint: [Resource] { [Resource(.process, GlusterBrick.executable)] }
  package var undoing: String {
    "starts the bricks of \(volume) that are dead, unless this one runs (gluster volume start \(volume) force)"
  }
  package var reversal: Reversal { .restore }
  /// No connection of the agent passes a brick.
  package var pathLoss: PathLoss { .never }
  /// No announcement reports a brick that starts.
  package var signals: Set<EffectSignal> { [] }
  /// A brick takes a second to start, and each observation reads the names of all processes.
  package var lookInterval: Nanoseconds { .milliseconds(250) }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var hit: HitProcess
    var volume: String
    /// See `GlusterBrick.id`.
    var id: String

    /// The brick's process, whichever program started it; nil if the brick is dead.
    func running() throws -> ProcessIdentity? {
      try GlusterBrick.all(of: volume).first { $0.id == id }?.process.identity
    }

    /// Whether another lease keeps the brick dead. That lease starts it.
    func isKeptDead(using instruments: Instruments) throws -> Bool {
      try instruments.otherFaults().contains { try $0.order.undo($0.undo, as: Undo.self)?.id == id }
    }
  }

  /// Whether exactly one brick runs here, in its own process, and glusterd could start it.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let found = try find()
      try instruments.gluster.checkVolume(volume)
      let others = try found.others()
      return others.isEmpty ? [] : ["\(BrickRefused.shared(found.folder, others))"]
    } catch {
      return ["\(error)"]
    }
  }

  private func find() throws -> GlusterBrick {
    let all = try GlusterBrick.all(of: volume)
    let matches = brick.map { folder in all.filter { $0.folder == folder } } ?? all
    guard let found = matches.first, matches.count == 1 else {
      throw BrickRefused.matches(object, running: all.map(\.folder).sorted(), volume)
    }
    return found
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let found = try find()
    return Undo(
      hit: HitProcess(process: found.process.identity, name: "brick \(found.folder) of \(volume)"),
      volume: volume, id: found.id)
  }

  var injection: Injection<Undo> {
    .untilReverted(because: "a brick that was killed stays dead until glusterd starts it", byDaemon: false) {
      undo, _ in try undo.hit.hit(SIGKILL)
    }
  }

  /// Whether no process serves the brick. Another program may have started it again.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    if let process = try undo.running() {
      return .inactive(because: "process \(process.pid) serves \(undo.hit.name)")
    }
    return .active(evidence: "no process serves \(undo.hit.name)")
  }

  /// Starts the brick, unless it runs: the fault was never injected, or another program has started it.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    if try undo.running() != nil { return }
    if try undo.isKeptDead(using: instruments) { return }
    do throws(ProcessFailure) {
      try instruments.gluster.startBricks(of: undo.volume)
    } catch {
      // Another process may be reverting the fault too: gluster refuses the second start at the same time.
      if try undo.running() == nil { throw error }
    }
    // glusterd may answer before the process has replaced the one that started it.
    for _ in 0..<50 where try undo.running() == nil { usleep(100_000) }
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    if try undo.running() != nil { return [] }
    return try undo.isKeptDead(using: instruments)
      ? []
      : [
        "no process serves \(undo.hit.name): start it (gluster volume start \(undo.volume) force), and look for the reason in "
          + "/var/log/glusterfs/bricks"
      ]
  }
}

/// Why a brick can't be stopped.
enum BrickRefused: Error, Equatable, CustomStringConvertible {
  /// No volume can have this name.
  case name
  /// There isn't exactly one: the choice's words, the folders of the volume's bricks that run here, and the volume.
  case matches(String, running: [String], String)
  /// Its process serves other bricks, by their pid files.
  case shared(String, [String])

  var description: String {
    switch self {
    case .name: "volume names a volume of Gluster: letters, digits, - and _"
    case .matches(let words, let running, let volume) where running.isEmpty:
      "no \(words) runs here: start it (gluster volume start \(volume) force), or choose another host"
    case .matches(let words, let running, _):
      "not one \(words) runs here, but \(running.joined(separator: ", ")): write brick: FOLDER"
    case .shared(let folder, let others):
      "the process of brick \(folder) serves other bricks too (cluster.brick-multiplex), which would be dead as well: "
        + others.joined(separator: ", ")
    }
  }
}
