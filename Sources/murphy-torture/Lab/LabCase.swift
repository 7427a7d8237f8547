import Conductor

/// A fault as a scenario's step, and how to observe it on the host without Murphy.
struct LabFault: Equatable, Sendable {
  /// How the fault can be observed.
  enum Trace: Equatable, Sendable {
    /// These links are down.
    case linksDown([String])
    /// An nft table of Murphy's has elements in its set.
    case elements
    /// libvirt reports the domain as paused.
    case paused
    /// The domain's QEMU process is stopped.
    case stopped
  }

  /// Its name in the table.
  var title: String
  /// The step's keys beside `at`, `for` and `target`.
  var keys: String
  /// The step's target on a host.
  var target: @Sendable (String) -> String
  var trace: Trace
  /// Whether the kernel reverts it if none of Murphy's processes is left.
  var isRevertedByKernel: Bool { trace == .elements }
  /// Whether a hypervisor performs it, perhaps after the agent's death.
  var isHypervisors: Bool { trace == .paused || trace == .stopped }
  /// Whether it cuts the controller's own path to the host.
  var cutsPath = false

  static func == (left: LabFault, right: LabFault) -> Bool { left.title == right.title }

  private static func host(_ name: String) -> String { "{host: \(name)}" }
  private static func link(_ name: String) -> String { "{host: \(name), network: internal}" }
  private static func domain(_ name: String) -> String { "{vm: torture-\(name)}" }

  /// Every fault of the catalogue, in every mode that injects or reverts in a different way.
  static let all: [LabFault] = [
    LabFault(
      title: "host.unplug carrier", keys: "fault: host.unplug, mode: carrier", target: host,
      trace: .linksDown(["eth0", "eth1"]), cutsPath: true),
    LabFault(
      title: "host.unplug silent", keys: "fault: host.unplug, mode: silent", target: host, trace: .elements,
      cutsPath: true),
    LabFault(
      title: "link.drop carrier", keys: "fault: link.drop, mode: carrier", target: link,
      trace: .linksDown(["eth1"])),
    LabFault(
      title: "link.drop silent both", keys: "fault: link.drop, mode: silent", target: link, trace: .elements),
    LabFault(
      title: "link.drop silent in", keys: "fault: link.drop, mode: silent, direction: in", target: link,
      trace: .elements),
    LabFault(
      title: "link.drop silent out", keys: "fault: link.drop, mode: silent, direction: out", target: link,
      trace: .elements),
    LabFault(
      title: "firewall.lock kept in", keys: "fault: firewall.lock, established: kept, direction: in",
      target: host, trace: .elements),
    LabFault(
      title: "firewall.lock kept both", keys: "fault: firewall.lock, established: kept, direction: both",
      target: host, trace: .elements),
    LabFault(
      title: "firewall.lock cut in", keys: "fault: firewall.lock, established: cut, direction: in, allow: []",
      target: host, trace: .elements, cutsPath: true),
    LabFault(
      title: "firewall.lock cut both",
      keys: "fault: firewall.lock, established: cut, direction: both, allow: []", target: host,
      trace: .elements, cutsPath: true),
    LabFault(title: "vm.freeze pause", keys: "fault: vm.freeze, mode: pause", target: domain, trace: .paused),
    LabFault(title: "vm.freeze hang", keys: "fault: vm.freeze, mode: hang", target: domain, trace: .stopped),
  ]
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
  case beforeNote = "after the revert, before that is on disk"
  /// Never chosen: the fault was already over when the signal came.
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
  /// run's others. If one strikes the controller, all do, in the same manner.
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
