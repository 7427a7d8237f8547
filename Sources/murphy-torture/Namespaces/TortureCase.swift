import Conductor
import Faults
import Scenario

/// A strike at Murphy during a fault.
struct TortureCase: Codable {
  /// A fault of the catalogue in one of its modes.
  enum Subject: String, Codable, CaseIterable {
    case unplugCarrier = "host.unplug carrier"
    case unplugSilent = "host.unplug silent"
    case dropCarrier = "link.drop carrier"
    case dropIn = "link.drop silent in"
    case dropOut = "link.drop silent out"
    case lockIn = "firewall.lock in, established kept"
    case lockBoth = "firewall.lock both, established cut"
    case partition = "partition both ways"
    case power = "host.power off"
    case pause = "vm.freeze pause"
    case hang = "vm.freeze hang"
  }

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
    case noting = "after the revert, before that is on disk"
  }

  var number: Int
  var subject: Subject
  var victim: Victim
  var blow: Blow
  var moment: Moment
  /// Decides the system call of the moment, what requests the revert, and whether the fault cuts the path.
  var seed: UInt64

  /// All cases, `rounds` times, shuffled by a seed.
  static func matrix(rounds: Int, seed: UInt64) -> [TortureCase] {
    var random = SeededGenerator(seed: seed)
    var cases: [TortureCase] = []
    for _ in 0..<rounds {
      for subject in Subject.allCases {
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

  /// Faults of the catalogue without a subject: a new fault must be added here, or torture refuses to run.
  static var missing: [String] {
    Catalogue.builtIn.descriptions.map(\.name).filter { name in
      !Subject.allCases.contains { $0.rawValue.hasPrefix(name + " ") }
    }
  }
}

extension TortureCase.Victim {
  var includesController: Bool { [.controller, .controllerAndAgent, .all].contains(self) }
  var includesAgent: Bool { [.agent, .controllerAndAgent, .agentAndWatchdog, .all].contains(self) }
  var includesWatchdog: Bool { [.watchdog, .agentAndWatchdog, .all].contains(self) }
  var includesPath: Bool { includesController || self == .ssh }
}

extension TortureCase.Subject {
  /// The fault's name in the catalogue.
  var fault: String { rawValue.split(separator: " ").first.map(String.init) ?? "" }
  /// Whether the kernel reverts it if no process is left.
  var isKernels: Bool {
    switch self {
    case .unplugSilent, .dropIn, .dropOut, .lockIn, .lockBoth, .partition: true
    case .unplugCarrier, .dropCarrier, .pause, .hang, .power: false
    }
  }

  /// A host that a partition cuts off; nothing answers there.
  private static let peer = Fleet.Host(
    name: "peer", ssh: "peer", links: ["internal": "eth1"], addresses: ["internal": ["192.0.2.126"]])

  /// The fault in the request to the agent.
  func order(on host: Fleet.Host) throws(StepRefused) -> FaultOrder {
    let words: [String: String] =
      switch self {
      case .unplugCarrier, .dropCarrier: ["mode": "carrier"]
      case .unplugSilent: ["mode": "silent"]
      case .dropIn: ["mode": "silent", "direction": "in"]
      case .dropOut: ["mode": "silent", "direction": "out"]
      case .lockIn: ["direction": "in", "established": "kept"]
      case .lockBoth: ["direction": "both", "established": "cut"]
      case .partition: ["direction": "both"]
      case .power: ["mode": "off"]
      case .pause: ["mode": "pause"]
      case .hang: ["mode": "hang"]
      }
    let target: Target =
      switch self {
      case .dropCarrier, .dropIn, .dropOut: .link(.named(host.name), network: "internal")
      case .pause, .hang: .vm("guest")
      case .partition: .sides([[host.name], [Self.peer.name]], network: "internal")
      default: .host(.named(host.name))
      }
    let step = Step(
      name: "torture", trigger: .at(.zero), fault: fault, target: target, duration: .seconds(60),
      parameters: words.mapValues { .word($0) })
    var host = host
    host.bmc = TorturedHost.bmc
    let fleet = Fleet(
      name: "torture", hosts: [host, Self.peer],
      vms: [Fleet.VirtualMachine(name: "guest", domain: "guest")])
    return try Catalogue.order(for: step, on: host, in: fleet)
  }
}
