import Conductor
import Faults
import Scenario

/// A fault as a scenario's step, and how to observe it on the host without Murphy.
struct LabFault: Equatable, Sendable {
  private let tried: FaultCase

  /// Its name in the table.
  var title: String { "\(tried)" }
  /// How the fault can be observed.
  var observed: FaultVariant.Observation { tried.variant.observed }
  /// The links that it cuts.
  var links: [String] { tried.fault.targets == [.link] ? ["eth1"] : ["eth0", "eth1"] }
  /// Whether the kernel reverts it if none of Murphy's processes is left.
  var isRevertedByKernel: Bool { observed == .inNamespace(.packetsDropped) }
  /// Whether a process of the lease performs it, and ends it with the agent, or a second after the deadline.
  var isPerformed: Bool { tried.needs == .host }
  /// Whether a hypervisor performs it, perhaps after the agent's death.
  var isHypervisors: Bool { tried.needs == .domain }
  /// Whether it cuts the controller's own path to the host.
  var cutsPath: Bool {
    switch tried.fault.targets[0] {
    case .host where [.process, .host].contains(tried.needs): false
    case .host where tried.variant.parameters["allow"] == nil: !isLock
    case .host: true
    case .link, .vm, .sides: false
    }
  }
  /// Whether ports decide which packets it drops.
  private var isLock: Bool { tried.fault.parameters.contains { $0.name == "allow" } }

  /// The step's keys except `at`, `for` and `target`.
  var keys: String {
    (["fault: \(tried.fault.name)"]
      + tried.variant.parameters.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.words)" })
      .joined(separator: ", ")
  }

  /// The step's target on a host, with the keys that identify the process to hit: the one of the host's own domain.
  func target(_ host: String) -> String {
    target(only: host)
      + (tried.needs == .process
        ? ", executable: /usr/bin/qemu-system-x86_64, arguments: \"*guest=torture-\(host),*\"" : "")
  }

  private func target(only host: String) -> String {
    switch tried.fault.targets[0] {
    case .host, .sides: "{host: \(host)}"
    case .link: "{host: \(host), network: internal}"
    case .vm: "{vm: torture-\(host)}"
    }
  }

  /// Every variant that is observed on a host of the lab, with these exceptions. Partitions and the loss of a BMC have
  /// leases on other hosts, and here each host has its own case. Instant faults leave a host without the process that the
  /// next case hits. A lab's fleet has no manager outside of its hosts. The hosts share the processors, and have only the
  /// disk of their leases.
  static let all = Catalogue.builtIn.cases.filter {
    $0.fault.targets != [.sides] && !["bmc.unreachable", "manager.cut"].contains($0.fault.name)
      && !$0.isInstant
      && ([.namespace, .domain, .process].contains($0.needs)
        || [.onHost(.linksFlap), .onHost(.programsStopped)].contains($0.variant.observed))
  }.map(LabFault.init)
}

/// The victims of a case.
enum LabVictims: String, CaseIterable, Codable, Sendable {
  case controller, agent, watchdog, ssh
  case controllerAndAgent = "controller and agent"
  case agentAndWatchdog = "agent and watchdog"
  case all = "controller, agent and watchdog"

  var includeController: Bool { self == .controller || self == .controllerAndAgent || self == .all }
  var includeAgent: Bool { self == .agent || self == .controllerAndAgent || includeBoth }
  var includeWatchdog: Bool { self == .watchdog || includeBoth }
  private var includeBoth: Bool { self == .agentAndWatchdog || self == .all }
}

/// How a case strikes them.
enum LabManner: String, CaseIterable, Codable, Sendable {
  /// SIGKILL.
  case kill
  /// SIGSTOP, without SIGCONT before everything is judged; for ssh: a link that stalls and never closes.
  case stop
}

enum LabMoment: String, CaseIterable, Codable, Sendable {
  case beforeLease = "before the lease is on disk"
  case beforeInjection = "after it, before injection"
  case beforeEffect = "after injection, before its effect is known"
  case holding = "while holding"
  case reverting = "while reverting"
  case beforeNote = "after the revert, before its record on disk"
  /// Never chosen: the fault was already over when the signal was sent.
  case over = "when it was over"
}

struct LabCase: Equatable, Sendable {
  var fault: LabFault
  var victims: LabVictims
  var manner: LabManner
  var moment: LabMoment

  /// The value for `--case`.
  var name: String { "\(fault.title)/\(victims.rawValue)/\(manner.rawValue)/\(moment.rawValue)" }

  /// Parses `name`.
  init?(named name: String) {
    let words = name.split(separator: "/").map(String.init)
    guard words.count == 4, let fault = LabFault.all.first(where: { $0.title == words[0] }),
      let victims = LabVictims(rawValue: words[1]), let manner = LabManner(rawValue: words[2]),
      let moment = LabMoment(rawValue: words[3])
    else { return nil }
    self.init(fault: fault, victims: victims, manner: manner, moment: moment)
  }

  init(fault: LabFault, victims: LabVictims, manner: LabManner, moment: LabMoment) {
    self.fault = fault
    self.victims = victims
    self.manner = manner
    self.moment = moment
  }

  /// `count` cases, in rounds. Each round has every fault with every kind of victims once, and the moments rotate.
  static func choose(_ count: Int, using random: inout SeededGenerator) -> [LabCase] {
    let moments = LabMoment.allCases.filter { $0 != .over }
    let ways = LabVictims.allCases.flatMap { victims in LabManner.allCases.map { (victims, $0) } }
    let offset = Int.random(in: 0..<moments.count, using: &random)
    var cases: [LabCase] = []
    var round = 0
    while cases.count < count {
      var all: [LabCase] = []
      for (row, fault) in LabFault.all.enumerated() {
        for (column, way) in ways.enumerated() {
          var moment = moments[(row + column + round + offset) % moments.count]
          // The watchdog starts after the lease is written.
          if moment == .beforeLease, way.0 == .watchdog { moment = .beforeInjection }
          all.append(LabCase(fault: fault, victims: way.0, manner: way.1, moment: moment))
        }
      }
      cases += all.shuffled(using: &random).prefix(count - cases.count)
      round += 1
    }
    return cases
  }

  /// Groups cases that one run can try, one per host. They share the moment, since a lease that fails also ends the
  /// run's other leases. If one case strikes the controller, all cases do, in the same manner.
  static func grouped(_ cases: [LabCase], by size: Int) -> [[LabCase]] {
    var open: [String: [LabCase]] = [:]
    var groups: [[LabCase]] = []
    for one in cases {
      let key = one.moment.rawValue + (one.victims.includeController ? one.manner.rawValue : "")
      open[key, default: []].append(one)
      if let group = open[key], group.count == size {
        groups.append(group)
        open[key] = nil
      }
    }
    return groups + open.sorted { $0.key < $1.key }.map(\.value)
  }
}
