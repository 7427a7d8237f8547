import FoundationEssentials
import Journal
import Scenario

/// What is known of a run whose controller has ended too early, for `murphy run --resume`.
package struct RunContinuation: Sendable {
  package let began: RunBegan
  /// The last trial that is complete.
  private let completed: Int
  /// The trial in which the controller ended; nil if it ended between trials.
  package let interrupted: Int?
  /// The time of the last entry.
  private let last: Nanoseconds
  /// The time since the run began, by the wall clock. The controller may have booted since then, so its monotonic clock
  /// doesn't show it.
  package private(set) var elapsed = Nanoseconds.zero
  private var resumed: RunResumed?

  /// The first trial that is still to be made.
  package var firstTrial: Int { (interrupted ?? completed) + 1 }

  package enum Refused: Error, CustomStringConvertible {
    case noBeginning
    case ended

    package var description: String {
      switch self {
      case .noBeginning: "the run ended before its first entry; start it again"
      case .ended: "the run has ended; murphy report computes its report again"
      }
    }
  }

  /// - Throws: `Refused` if no trial can be made in this run.
  package init(_ entries: [Entry]) throws(Refused) {
    guard let began = RunJournal(entries: entries, samples: []).began, let last = entries.map(\.at).max()
    else {
      throw .noBeginning
    }
    let hasEnded = entries.contains { entry in
      switch entry.event {
      case .runEnded, .runAborted, .runRefused, .faultsActive: true
      default: false
      }
    }
    if hasEnded { throw .ended }
    self.began = began
    self.last = last
    let present = entries.map(\.trial).max() ?? 0
    let own = began.of(trial: present)
    let isComplete = present == 0 || Self.isAudited(entries.filter { $0.trial == present }, own)
    (completed, interrupted) = isComplete ? (present, nil) : (present - 1, present)
  }

  /// Whether the audit of a trial has all its results. They are its last entries.
  private static func isAudited(_ entries: [Entry], _ began: RunBegan) -> Bool {
    var hosts = Set(began.fleet.hosts.map(\.name))
    var appends = Set(began.scenario.steady.probes.filter { began.fleet.probe($0)?.kind == .append })
    for entry in entries {
      switch entry.event {
      case .residueAudited(let host, _, _): hosts.remove(host)
      case .writesAudited(let audit): appends.remove(audit.probe)
      // An earlier attempt to resume has already declared the trial void.
      case .trialVoid: return true
      default: break
      }
    }
    return hosts.isEmpty && appends.isEmpty
  }

  /// Records the recovery of the hosts, after which the run may continue.
  ///
  /// - Parameters:
  ///   - wall: the wall clock now, for the journal, and in nanoseconds since 1970.
  package mutating func resume(
    wall: (text: String, nanoseconds: Int64), recovered: [String], versions: [String: String]
  ) {
    // Without a readable start the run continues right after its last entry.
    let start = try? Date(began.wall, strategy: .iso8601)
    let since = start.map { wall.nanoseconds - Int64($0.timeIntervalSince1970 * 1e9) } ?? 0
    // The wall clock may have been set back.
    elapsed = max(Nanoseconds(since), last + .seconds(1))
    resumed = RunResumed(
      wall: wall.text, completed: completed, interrupted: interrupted, recovered: recovered,
      versions: versions)
  }

  /// Writes what happened to the journal.
  func write(_ body: (_ trial: Int, Event) throws -> Void) throws {
    guard let resumed else { return }
    if let interrupted {
      try body(interrupted, .trialVoid(reason: "the controller ended in the middle of it"))
    }
    try body(0, .runResumed(resumed))
  }
}
