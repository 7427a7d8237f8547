import Journal
import Metrics
import Scenario
import Testing

/// A run for each outcome, and the text that every report must contain.
struct RunOutcome: CustomTestStringConvertible {
  let name: String
  let journal: RunJournal
  let metrics: RunMetrics
  let outcome: RunVerdict.Outcome
  let exitCode: Int32
  /// The verdict in every report, with its symbol.
  let verdict: String
  /// The colour's name.
  let tone: String
  /// A sentence in every report.
  let sentence: String

  var testDescription: String { name }

  private init(
    _ name: String, _ run: UnplugRun, _ outcome: RunVerdict.Outcome, _ exitCode: Int32, _ verdict: String,
    _ tone: String, contains sentence: String
  ) {
    self.name = name
    journal = run.journal
    metrics = RunMetrics(run.journal)
    self.outcome = outcome
    self.exitCode = exitCode
    self.verdict = verdict
    self.tone = tone
    self.sentence = sentence
  }

  static let all: [RunOutcome] = [
    RunOutcome(
      "met", .met(), .met, 0, "✓ All 7 objectives met", "good",
      contains: "No residue on any host."
    ),
    RunOutcome(
      "no objectives", .met { $0.objectives = [] }, .met, 0, "✓ No objectives, and no damage", "good",
      contains: "website was down for 52.3 s (51.2 to 53.2)."),
    RunOutcome(
      "met, and damage stays",
      .met { run in
        run.objectives.removeAll { $0.metric != .lost }
        run.replace { event in
          guard case .leaseRequested(let request) = event else { return event }
          return .leaseRequested(
            LeaseRequested(
              lease: request.lease, step: request.step, host: request.host, fault: "process.kill",
              object: "/usr/sbin/glusterfsd (left dead)", duration: .seconds(10), cutsControlPath: false,
              isInstant: true, leaves: "/usr/sbin/glusterfsd stays dead until something else starts it"))
        }
      }, .met, 0, "✓ The objective was met", "good",
      contains:
        "Damage stays on falco: /usr/sbin/glusterfsd stays dead until something else starts it (process.kill)."
    ),
    RunOutcome(
      "missed", UnplugRun(), .missed, 1, "✕ 1 of 7 objectives missed", "bad",
      contains:
        "Missed: storage.time-to-full-redundancy was 141.1 s (140.0 to 141.1), required is at most 120 s."),
    RunOutcome(
      "undecided", .met { $0.limit(.downtime, 52.4) }, .undecided, 1,
      "? 1 of 7 objectives undecided",
      "unsure",
      contains:
        "objective (at most 52.4 s) undecided: the limit lies between the bounds, so the measurement can’t decide."
    ),
    RunOutcome(
      "undecided, the only objective",
      .met {
        $0.objectives.removeAll { $0.metric != .downtime }
        $0.limit(.downtime, 52.2)
      }, .undecided, 1, "? The objective is undecided", "unsure",
      contains: "Undecided counts as not met: exit code 1."),
    RunOutcome(
      "writes lost", .met(.init(lost: 100...106)), .damage, 1, "▲ Damage done: acknowledged writes lost",
      "damage", contains: "7 acknowledged writes were lost."),
    RunOutcome(
      "writes torn",
      .records { $0 = RecordsFound(present: $0.present.subtracting([100...102]), torn: [100...102]) },
      .damage, 1, "▲ Damage done: acknowledged writes lost", "damage",
      contains: "3 acknowledged writes were torn."),
    RunOutcome(
      "writes lost, and torn ones without a number",
      .records { $0 = RecordsFound(present: $0.present.subtracting([100...100]), tornUnplaced: 2) },
      .damage, 1, "▲ Damage done: acknowledged writes lost", "damage",
      contains: "1 acknowledged write was lost."),
    RunOutcome(
      "writes stale", .records { $0.bypassed = [100...100] }, .damage, 1,
      "▲ Damage done: acknowledged writes lost", "damage", contains: "1 acknowledged write was stale."),
    RunOutcome(
      "a write gone without its acknowledgement", .records { $0.missing = [130...130] },
      .damage, 1, "▲ Damage done: acknowledged writes lost", "damage",
      contains: "1 write on which later ones build is gone."),
    RunOutcome(
      "replicas that differ",
      .records(replica: { RecordsFound(present: $0.present.subtracting([3...4])) }), .damage, 1,
      "▲ Damage done: replicas that differ", "damage",
      contains: "Replicas of writes differ: falco:/bricks/web.img: lacks 2, from record 3 on."),
    RunOutcome(
      "running twice, and no objectives", .met(.init(runsTwice: true)) { $0.objectives = [] }, .damage, 1,
      "▲ Damage done: a virtual machine on two hosts at once", "damage",
      contains: "web ran on two hosts at once for 51.8 s (51.7 to 51.9)."),
    RunOutcome(
      "split-brain, and not asked for", .met { $0.splitBrain(entries: 2) }, .damage, 1,
      "▲ Damage done: storage in split-brain", "damage", contains: "storage showed 2 entries in split-brain."),
    RunOutcome(
      "residue, and not asked for",
      .met(.init(residue: PageTests.left)) { $0.objectives.removeAll { $0.metric == .residue } }, .damage, 1,
      "▲ Damage done: residue on hosts", "damage", contains: "Residue: 2 differences on falco."),
    RunOutcome(
      "writes not readable",
      .met {
        $0.objectives.removeAll { $0.metric == .lost }
        $0.replace { event in
          if case .writesAudited(let audit) = event {
            return .writesAudited(WritesAudit(probe: audit.probe, unreadable: "no route to host"))
          }
          return event
        }
      }, .undecided, 1, "? Not known whether there is damage", "unsure",
      contains: "Not known whether a write was lost: writes: no route to host."),
    RunOutcome(
      "not recovered", .met(.init(neverBack: true)) { $0.objectives.removeAll { $0.metric != .residue } },
      .missed, 1, "✕ The platform did not recover", "bad",
      contains: "The platform did not recover: the cap was reached"),
    RunOutcome(
      "no effect", .met { $0.withoutEffect() }, .void, 1, "– Void", "open",
      contains: "The trial is void: host.unplug on falco never became effective: eth9 is not a link."),
    RunOutcome(
      "no effect, and damage all the same", .met(.init(lost: 100...106)) { $0.withoutEffect() }, .damage, 1,
      "▲ Damage done: acknowledged writes lost", "damage",
      contains: "The trial is void: host.unplug on falco never became effective: eth9 is not a link."),
    RunOutcome(
      "a step that did not happen", .met { $0.stepThatNeverComes() }, .void, 1, "– Void", "open",
      contains:
        "The trial is void: step second did not happen: its condition was never met: manager sees excelsior down."
    ),
    RunOutcome(
      "not measured",
      .met { $0.objectives = [Objective(subject: "db", metric: .timeToFailOver, relation: .max, limit: 1)] },
      .void, 1, "– Not measured: 1 of 1 objective", "open",
      contains: "Not measured: db.time-to-fail-over: db was not watched in this run."),
    RunOutcome(
      "refused before its trial",
      .cut(at: 0.5) { $0.end(.runRefused(reasons: ["falco: held since noon", "falco: no table inet"]), 3) },
      .refused, 3, "– Refused before any fault", "open", contains: "falco: held since noon"),
    RunOutcome(
      "refused for its baseline",
      .cut(at: 12.9) {
        $0.end(.runRefused(reasons: ["the baseline isn't healthy: website: 9 of 99 samples failed"]), 3)
      }, .refused, 3, "– Refused before any fault", "open",
      contains: "the baseline isn't healthy: website: 9 of 99 samples failed"),
    RunOutcome(
      "refused, by an earlier version",
      .cut(at: 12.9) {
        $0.at(13, trial: 1, .baseline(reasons: ["website: 9 of 99 samples failed"]))
        $0.end(nil, 3)
      }, .refused, 3, "– Refused before any fault", "open",
      contains: "the baseline isn't healthy: website: 9 of 99 samples failed"),
    RunOutcome(
      "aborted", .aborted(), .aborted, 4, "■ Aborted: guard: hosts-down > 1", "open",
      contains: "Every fault was reverted."),
    RunOutcome(
      "aborted, and damage done", .aborted(.init(lost: 100...106)), .damage, 4,
      "▲ Damage done: acknowledged writes lost", "damage",
      contains: "The run was aborted, and every fault reverted: guard: hosts-down > 1."),
    RunOutcome(
      "aborted before any trial",
      .cut(at: 0.5) { $0.end(.runAborted(reason: "interrupted by SIGINT"), 4) },
      .aborted, 4, "■ Aborted: interrupted by SIGINT", "open", contains: "Every fault was reverted."),
    RunOutcome(
      "a fault active",
      .cut(at: 60) {
        $0.end(.faultsActive(["falco: host.unplug eth0, eth1, lease 3f9a_1: device is busy"]), 5)
      },
      .faultActive, 5, "▲ A fault may still be active", "damage",
      contains: "falco: host.unplug eth0, eth1, lease 3f9a_1: device is busy"),
    RunOutcome(
      "a fault active, and damage done",
      .damagedAndActive(), .damage, 5,
      "▲ Damage done: a virtual machine on two hosts at once; and a fault may still be active", "damage",
      contains: "falco: host.unplug eth0, eth1, lease 3f9a_1: device is busy"),
    RunOutcome(
      "cut off", .cut(at: 60) { _ in }, .unfinished, 1,
      "… Unfinished: the journal ends in the middle of the run",
      "open",
      contains: "website was down for more than"),
    RunOutcome(
      "several trials, one missed",
      .met(.init(), .init(neverBack: true), .init()), .missed, 1, "✕ 3 of 7 objectives missed", "bad",
      contains: "objective (at most 60 s) met in 2, missed in 1."),
    RunOutcome(
      "several trials, one of them each",
      .met(.init(), .init(), .init()) {
        $0.limit(.downtime, 52.4)
        $0.withoutEffect(trial: 2)
      }, .void, 1, "– Void in 1 of 3 trials", "open",
      contains: "objective (at most 52.4 s) undecided in 2, void in 1."),
    RunOutcome(
      "several trials, damage in one", .met(.init(), .init(runsTwice: true)), .damage, 1,
      "▲ Damage done: a virtual machine on two hosts at once", "damage",
      contains: "web ran on two hosts at once for 51.8 s (51.7 to 51.9) in trial 2."),
    RunOutcome(
      "a trial that was not made", .met { $0.trials = 3 }, .void, 1, "– Not all trials were completed",
      "open",
      contains: "2 of 3 trials did not begin."),
  ]
}

extension UnplugRun {
  /// A run that meets every objective, with a change.
  static func met(_ damage: Damage..., change: (inout UnplugRun) -> Void = { _ in }) -> UnplugRun {
    var run = UnplugRun(trials: damage.isEmpty ? [Damage()] : damage)
    run.limit(.timeToFullRedundancy, 180)
    run.entries[run.entries.count - 1].event = .runEnded(exitCode: 0)
    change(&run)
    return run
  }

  /// A run that was aborted by a guard 90 s into its trial.
  static func aborted(_ damage: Damage = Damage()) -> UnplugRun {
    var run = UnplugRun(trials: [damage])
    run.replace { event in
      if case .recoveryEnded = event { .recoveryEnded(.aborted) } else { event }
    }
    run.at(90, trial: 1, .guardTripped("hosts-down > 1"))
    run.end(.runAborted(reason: "guard: hosts-down > 1"), 4)
    return run
  }

  /// A run whose machine ran on two hosts, and whose fault could not be reverted.
  static func damagedAndActive() -> UnplugRun {
    var run = UnplugRun(trials: [Damage(runsTwice: true)])
    run.entries.removeAll { entry in
      switch entry.event {
      case .leaseReverted, .recoveryEnded, .phaseBegan(.audit), .writesAudited, .residueAudited: true
      default: false
      }
    }
    run.end(.faultsActive(["falco: host.unplug eth0, eth1, lease 3f9a_1: device is busy"]), 5)
    return run
  }

  /// A run that met its objectives, with other records after recovery; with a replica's if it has one.
  static func records(
    _ change: (inout RecordsFound) -> Void = { _ in }, replica: ((RecordsFound) -> RecordsFound)? = nil
  ) -> UnplugRun {
    .met { run in
      run.objectives.removeAll { $0.metric == .lost }
      run.replace { event in
        guard case .writesAudited(let audit) = event, var found = audit.reads.first?.found else {
          return event
        }
        let place = RecordsRead.Place(.replica, host: "falco", path: "/bricks/web.img")
        let copies = replica.map { [RecordsRead(place, found: $0(found))] } ?? []
        change(&found)
        return .writesAudited(
          WritesAudit(probe: audit.probe, reads: [RecordsRead(.service, found: found)] + copies))
      }
    }
  }

  /// A run that ended some seconds after its start.
  static func cut(at seconds: Double, change: (inout UnplugRun) -> Void) -> UnplugRun {
    var run = UnplugRun()
    let moment = Nanoseconds.milliseconds(Int64(seconds * 1000))
    run.entries.removeAll { $0.at > moment }
    run.samples.removeAll { $0.completed > moment }
    change(&run)
    return run
  }

  private var scenario: Scenario {
    get { journal.began?.scenario ?? Self.scenario(trials: 1) }
    set {
      replace { event in
        guard case .runBegan(var began) = event else { return event }
        began.scenario = newValue
        return .runBegan(began)
      }
    }
  }

  var objectives: [Objective] {
    get { scenario.objectives }
    set { scenario.objectives = newValue }
  }

  var trials: Int {
    get { scenario.trials }
    set { scenario.trials = newValue }
  }

  /// Sets the limit of each objective on a metric, in seconds.
  mutating func limit(_ metric: Metric, _ seconds: Double) {
    for index in objectives.indices where objectives[index].metric == metric {
      objectives[index].limit = Int64(seconds * 1_000_000_000)
    }
  }

  mutating func replace(_ change: (Event) -> Event) {
    for index in entries.indices { entries[index].event = change(entries[index].event) }
  }

  /// Inserts an entry at the place for its time.
  mutating func at(_ seconds: Double, trial: Int, _ event: Event) {
    let moment = Nanoseconds.milliseconds(Int64(seconds * 1000))
    let place = entries.lastIndex { $0.at <= moment }.map { $0 + 1 } ?? 0
    entries.insert(Entry(at: moment, trial: trial, event: event), at: place)
  }

  /// Gives the run another ending.
  mutating func end(_ event: Event?, _ code: Int32) {
    entries.removeAll { if case .runEnded = $0.event { true } else { false } }
    let (at, trial) = (entries.last?.at ?? .zero, entries.last?.trial ?? 0)
    if let event { entries.append(Entry(at: at, trial: trial, event: event)) }
    entries.append(Entry(at: at, trial: trial, event: .runEnded(exitCode: code)))
  }

  mutating func splitBrain(entries count: Int) {
    at(
      115.5, trial: 1,
      .viewSeen(
        view: "storage",
        .storage(
          StorageState(
            bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3, healBacklog: 331, splitBrain: count))))
  }

  mutating func withoutEffect(trial: Int = 1) {
    entries.removeAll { if case .leaseEffective = $0.event { $0.trial == trial } else { false } }
    let lease = "unplug-falco-\(trial)"
    let request = entries.firstIndex { entry in
      if case .leaseRequested(let request) = entry.event { request.lease == lease } else { false }
    }
    if let request {
      let failed = Event.leaseFailed(lease: lease, message: "eth9 is not a link")
      entries.insert(Entry(at: entries[request].at, trial: trial, event: failed), at: request + 1)
    }
  }

  mutating func stepThatNeverComes() {
    scenario.timeline.append(
      Step(
        name: "second", trigger: .when(.sees(view: "manager", object: "excelsior", state: .down)),
        fault: "link.drop", target: .link(.named("dauntless"), network: "internal"), duration: .seconds(10)))
  }
}
