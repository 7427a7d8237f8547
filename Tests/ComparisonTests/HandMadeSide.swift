import Journal
import Metrics
import Scenario

@testable import Comparison

/// A run of trials in which the website is down for chosen times, written as a journal.
struct HandMadeSide {
  enum Trial {
    /// Down for this number of seconds, from the start of the fault.
    case down(Double)
    /// Down until observation ends, 60 s after the fault.
    case neverBack
    /// Down for this number of seconds; the platform has not recovered at the cap.
    case unrecovered(Double)
    /// A guard ended the trial after this number of seconds of downtime.
    case aborted(after: Double)
    /// The fault never became effective.
    case void
    /// Down for this number of seconds, with a loss of acknowledged writes.
    case lost(Double)
    /// Down for this number of seconds, and the prober missed a fiftieth of the website's samples.
    case doubtful(Double)
  }

  var trials: [Trial]
  var fingerprint: [String: String] = ["kernel": "6.1", "gluster.vms.network.ping-timeout": "42"]
  var digests = ["fleet": "f", "probes": "p"]
  var name = "run"
  var compare: Scenario.Compare?
  /// The settings that take turns; nil for one setting.
  var alternation: Alternation?
  /// By trial, a fingerprint instead of the run's.
  var fingerprints: [Int: [String: String]] = [:]
  var objectives = [
    Objective(subject: "website", metric: .downtime, relation: .max, limit: 60_000_000_000),
    Objective(subject: "writes", metric: .lost, relation: .max, limit: 0),
  ]

  init(_ seconds: [Double]) { trials = seconds.map { .down($0) } }
  init(trials: [Trial]) { self.trials = trials }

  var side: ComparedSide {
    get throws {
      let journal = self.journal
      let began =
        journal.began
        ?? RunBegan(
          run: name, wall: "", seed: 1, scenario: scenario, fleet: fleet, digests: digests, versions: [:])
      return ComparedSide(
        label: name, runs: [try ComparedRun(began, surveys: journal.allSurveys, RunMetrics(journal))])
    }
  }

  private var fleet: Fleet {
    Fleet(
      name: "tdf", hosts: [Fleet.Host(name: "falco", ssh: "root@falco", links: [:])], vms: [], quorum: 1,
      probes: [
        Fleet.Probe(name: "website", kind: .http, target: "http://10.0.0.1/", every: .milliseconds(100)),
        Fleet.Probe(name: "writes", kind: .append, target: "tcp://10.0.0.1:7000", every: .milliseconds(100)),
      ], views: [])
  }

  var scenario: Scenario {
    Scenario(
      name: "by-hand", steady: .init(duration: .seconds(5), probes: ["website", "writes"]),
      timeline: [
        Step(
          name: "unplug", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("falco")),
          duration: .seconds(10))
      ], objectives: objectives, trials: trials.count, compare: compare)
  }

  var journal: RunJournal {
    var entries = [
      Entry(
        at: .zero, trial: 0,
        event: .runBegan(
          RunBegan(
            run: name, wall: "2026-11-23T06:30:00Z", seed: 1, scenario: scenario, fleet: fleet,
            digests: digests,
            versions: [:], alternation: alternation)))
    ]
    if alternation == nil { entries.append(survey(0, at: .zero)) }
    var samples: [Sample] = []
    for (index, trial) in trials.enumerated() {
      let begin = Nanoseconds.seconds(100 * Int64(index))
      if let alternation, let side = alternation.side(of: index + 1) {
        let applied = SettingApplied(side: side, setting: alternation.name(of: side))
        entries.append(Entry(at: begin, trial: index + 1, event: .settingApplied(applied)))
        entries.append(survey(index + 1, at: begin))
      }
      write(trial, number: index + 1, at: begin, &entries, &samples)
    }
    return RunJournal(entries: entries, samples: samples)
  }

  private func survey(_ trial: Int, at time: Nanoseconds) -> Entry {
    Entry(
      at: time, trial: trial,
      event: .hostSurveyed(
        HostSurvey(
          host: "falco", fingerprint: fingerprints[trial] ?? fingerprint, running: [], clockOffset: .zero,
          clockUncertainty: .zero)))
  }

  /// The sides of a run whose settings took turns.
  var alternated: AlternatedRun? {
    get throws {
      let journal = self.journal
      return try AlternatedRun(journal.entries, RunMetrics(journal))
    }
  }

  /// A run of blocks of ABBA, in which the ping-timeout is 42 s and 10 s.
  static func alternated(_ a: [Trial], _ b: [Trial]) -> HandMadeSide {
    let order = (0..<a.count / 2).flatMap { _ in [Alternation.Side.a, .b, .b, .a] }
    var (left, right) = (a[...], b[...])
    var side = HandMadeSide(
      trials: order.map { $0 == .a ? left.removeFirst() : right.removeFirst() })
    side.alternation = Alternation(
      factor: "ping-timeout", kind: .setup, a: .init(label: "42", setup: "set 42"),
      b: .init(label: "10", setup: "set 10"), order: order)
    for (index, which) in order.enumerated() {
      side.fingerprints[index + 1] = [
        "kernel": "6.1", "gluster.vms.network.ping-timeout": which == .a ? "42" : "10",
      ]
    }
    return side
  }

  /// Steady until 5 s; the fault is active from 5 s to 15 s; observation ends at 65 s.
  private func write(
    _ trial: Trial, number: Int, at begin: Nanoseconds, _ entries: inout [Entry], _ samples: inout [Sample]
  ) {
    func add(_ seconds: Double, _ event: Event) {
      entries.append(Entry(at: begin + .milliseconds(Int64(seconds * 1000)), trial: number, event: event))
    }
    add(0, .phaseBegan(.steady))
    add(5, .phaseBegan(.faults))
    let lease = "l\(number)"
    add(
      5,
      .leaseRequested(
        LeaseRequested(
          lease: lease, step: "unplug", host: "falco", fault: "host.unplug", object: "eth0",
          duration: .seconds(10), cutsControlPath: false)))
    var (down, end) = (0.0, 65.0)
    var isLost = false
    var isVoid = false
    var (isAborted, isDoubtful, isUnrecovered) = (false, false, false)
    switch trial {
    case .down(let seconds): down = seconds
    case .neverBack: down = 60
    case .unrecovered(let seconds): (down, isUnrecovered) = (seconds, true)
    case .aborted(let seconds): (down, end, isAborted) = (seconds, 5 + seconds, true)
    case .void: isVoid = true
    case .lost(let seconds): (down, isLost) = (seconds, true)
    case .doubtful(let seconds): (down, isDoubtful) = (seconds, true)
    }
    if isVoid {
      add(5, .leaseFailed(lease: lease, message: "no such link"))
    } else {
      add(
        5,
        .leaseEffective(
          LeaseEffective(
            lease: lease, at: begin + .seconds(5), uncertainty: .zero, took: .milliseconds(1),
            evidence: "down")))
      add(
        min(15, end),
        .leaseReverted(
          LeaseReverted(
            lease: lease, at: begin + .milliseconds(Int64(min(15, end) * 1000)), uncertainty: .zero,
            cause: .deadline, lastActive: begin + .milliseconds(Int64(min(15, end) * 1000)))))
    }
    if isAborted {
      add(end, .guardTripped("website down > 5s"))
    } else {
      add(15, .phaseBegan(.recovery))
      if isUnrecovered { add(end, .recoveryEnded(.cap, unwell: ["storage: 12 entries to heal"])) }
      add(end, .phaseBegan(.audit))
      add(end, .residueAudited(host: "falco", differences: []))
      add(
        end,
        .writesAudited(WritesAudit(probe: "writes", found: RecordsFound(present: [1...(isLost ? 600 : 650)])))
      )
    }
    for tick in 0..<Int64(end * 10) {
      let due = begin + .milliseconds(tick * 100)
      let isDown = tick >= 50 && Double(tick) < 50 + down * 10
      for probe in ["website", "writes"] {
        let isMissed = isDoubtful && probe == "website" && tick % 50 == 49
        let fails = isDown && probe == "website"
        samples.append(
          Sample(
            trial: number, probe: probe, sequence: tick + 1, scheduled: due, sent: due,
            completed: due + .milliseconds(1), verdict: isMissed ? .unknown : fails ? .fail : .ok,
            status: isMissed ? "lagged" : fails ? "refused" : "ok"))
      }
    }
    if isAborted, number == trials.count { add(end, .runAborted(reason: "guard")) }
  }
}
