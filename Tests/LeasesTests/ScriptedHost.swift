import AgentProtocol
import Journal
import Scenario

@testable import Leases

extension LeaseTerms {
  /// A lease `a1` of boot `b1` until 100 s.
  static func of(
    expires: Bool = false, isByDaemon: Bool = false, outlivesBoot: Bool = false
  ) -> LeaseTerms {
    LeaseTerms(
      name: "a1", boot: "b1", deadline: .seconds(100), expires: expires, isByDaemon: isByDaemon,
      outlivesBoot: outlivesBoot)
  }
}

extension LeaseStatus {
  /// The log of this lease, with these lines.
  static func after(_ happenings: LeaseHappening...) -> LeaseStatus {
    var log = LeaseStatus(lease: "a1", run: "r", fault: "host.unplug", object: "", boot: "b1")
    for happening in happenings { log.take(happening) }
    return log
  }
}

extension Effect {
  static let seen = Effect(at: .seconds(10), took: .milliseconds(1), evidence: "seen")
}

/// Performs the acts of a revert as the test determines, and records them.
struct ScriptedHost {
  /// The number of attempts at which the lock is busy.
  var busy = 0
  /// The contents of the log, one for each read. The last one stays.
  var logs: [LeaseStatus?]
  var judgement = ReversalEvent.Judgement.active(asked: .seconds(20))
  var residue: [String] = []
  var now = Nanoseconds.seconds(20)
  private(set) var acts: [String] = []
  private(set) var noted: [LeaseHappening] = []

  init(logs: [LeaseStatus?]) { self.logs = logs }

  mutating func perform(_ act: ReversalAct) -> ReversalEvent {
    switch act {
    case .tryLock:
      busy -= 1
      acts.append("lock")
      return .lock(isBusy: busy >= 0)
    case .pause(let span):
      now += span
      return .paused
    case .readLog:
      acts.append("log")
      return .log(logs.count > 1 ? logs.removeFirst() : logs[0])
    case .judge:
      acts.append("judge")
      return .judged(judgement)
    case .undo:
      acts.append("undo")
      return .undone(residue: residue, at: now)
    case .note(let happening, let isSynced):
      acts.append(isSynced ? "synced note" : "note")
      noted.append(happening)
      return .noted
    }
  }

  mutating func revert(
    _ lease: LeaseTerms, boot: String = "b1", after observation: LastObservation? = nil
  ) -> Revert {
    var reversal = Reversal(of: lease, boot: boot, cause: .watchdog, after: observation, now: now)
    var step = ReversalStep<Revert>.perform(.tryLock)
    while true {
      switch step {
      case .finished(let revert): return revert
      case .perform(let act): step = reversal.handle(perform(act), at: now)
      }
    }
  }

  mutating func observe(_ lease: LeaseTerms, boot: String = "b1", seen: Nanoseconds? = nil)
    -> LastObservation?
  {
    var observation = FinalObservation(at: lease, boot: boot, now: now, seen: seen)
    var step = ReversalStep<LastObservation?>.perform(.readLog)
    while true {
      switch step {
      case .finished(let seen): return seen
      case .perform(let act): step = observation.handle(perform(act))
      }
    }
  }
}
