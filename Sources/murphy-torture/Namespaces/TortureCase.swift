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

  /// All cases, `rounds` times, shuffled by a seed.
  static func matrix(rounds: Int, seed: UInt64) -> [TortureCase] {
    var random = SeededGenerator(seed: seed)
    var cases: [TortureCase] = []
    for _ in 0..<rounds {
      for subject in Catalogue.builtIn.cases where subject.needs != .itsTests {
        for victim in Victim.allCases {
          for blow in Blow.allCases where blow != .cut || victim.includesPath {
            // The watchdog starts after the lease is written.
            for moment in Moment.allCases where victim != .watchdog || moment != .beforeLease {
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
    for index in cases.indices { cases[index].number = index + 1 }
    return cases
  }
}

extension TortureCase.Victim {
  var includesController: Bool { [.controller, .controllerAndAgent, .all].contains(self) }
  var includesAgent: Bool { [.agent, .controllerAndAgent, .agentAndWatchdog, .all].contains(self) }
  var includesWatchdog: Bool { [.watchdog, .agentAndWatchdog, .all].contains(self) }
  var includesPath: Bool { includesController || self == .ssh }
}
