import Conductor
import Faults
import Scenario

/// A strike at Murphy during a fault.
struct TortureCase {
  enum Victim: String, Codable, CaseIterable {
    case controller, agent, watchdog, ssh
    case controllerAndAgent = "controller and agent"
    case agentAndWatchdog = "agent and watchdog"
    case all = "controller, agent and watchdog"
    /// The process of a lease that performs its fault.
    case performer = "the fault's process"
    case allOnHost = "agent, watchdog and the fault's process"
  }

  /// The kind of strike.
  enum Blow: String, Codable, CaseIterable {
    /// SIGKILL.
    case kill
    /// SIGSTOP; the processes continue well after the deadline.
    case stop
    /// The ssh connection stalls without closing; agent and watchdog, if they are victims, are killed.
    case cut
  }

  /// The stretch of a lease's life.
  enum Moment: String, Codable, CaseIterable {
    case beforeLease = "before the lease is on disk"
    case leased = "after it, before injection"
    case injecting = "after injection, before its effect is known"
    case holding = "while holding"
    case reverting = "while reverting"
    case noting = "after the revert, before its record on disk"
  }

  var number: Int
  var subject: FaultCase
  var victim: Victim
  var blow: Blow
  var moment: Moment
  /// Decides the system call of the moment, the cause of the revert, and whether the fault cuts the path.
  var seed: UInt64

  /// All cases, `rounds` times, shuffled by a seed. Every variant gets its turn, so that a small part of them has all
  /// variants.
  static func matrix(rounds: Int, seed: UInt64) -> [TortureCase] {
    var random = SeededGenerator(seed: seed)
    var cases: [TortureCase] = []
    for _ in 0..<rounds {
      for subject in Catalogue.builtIn.cases where subject.needs != .itsTests {
        for victim in Victim.allCases {
          if victim.includesPerformer, subject.needs != .host { continue }
          for blow in Blow.allCases where blow != .cut || victim.includesPath {
            for moment in Moment.allCases where victim.exists(at: moment) {
              cases.append(
                TortureCase(
                  number: 0, subject: subject, victim: victim, blow: blow, moment: moment, seed: random.next()
                ))
            }
          }
        }
      }
    }
    cases.shuffle(using: &random)
    var turns: [FaultCase: Int] = [:]
    let ordered = cases.map { one in
      turns[one.subject, default: 0] += 1
      return (turn: turns[one.subject, default: 0], one: one)
    }
    cases = (1...(turns.values.max() ?? 1)).flatMap { turn in ordered.filter { $0.turn == turn }.map(\.one) }
    for index in cases.indices { cases[index].number = index + 1 }
    return cases
  }
}

extension TortureCase.Victim {
  var includesController: Bool { [.controller, .controllerAndAgent, .all].contains(self) }
  var includesAgent: Bool {
    [.agent, .controllerAndAgent, .agentAndWatchdog, .all, .allOnHost].contains(self)
  }
  var includesWatchdog: Bool { [.watchdog, .agentAndWatchdog, .all, .allOnHost].contains(self) }
  var includesPath: Bool { includesController || self == .ssh }
  /// Whether the process that performs the fault is struck. Most faults have none.
  var includesPerformer: Bool { [.performer, .allOnHost].contains(self) }

  /// Whether it may exist at a moment: watchdog and performer start after the lease is written, and the performer ends
  /// with the fault.
  fileprivate func exists(at moment: TortureCase.Moment) -> Bool {
    switch self {
    case .watchdog: moment != .beforeLease
    case .performer: moment != .beforeLease && moment != .noting
    default: true
    }
  }
}
