import Conductor
import Scenario

/// The fleet and the scenario of one run, chosen by its seed.
struct Course {
  var scenario: Scenario
  var fleet: Fleet
  /// The domains that run, by host.
  var running: [String: [String]]
  /// For each host the hosts of the fleet through which ssh reaches it.
  var reachedThrough: [String: [String]] = [:]
  /// The trials to make; nil for all.
  var part: TrialPart?

  init(
    _ scenario: Scenario, on fleet: Fleet, running: [String: [String]], reachedThrough: [String: [String]]
  ) {
    self.scenario = scenario
    self.fleet = fleet
    self.running = running
    self.reachedThrough = reachedThrough
  }

  init(of catalogue: FaultCatalogue, using random: inout SeededGenerator) {
    let count = Self.pick([3, 3, 4, 5], &random)
    let names = ["dauntless", "excelsior", "falco", "gale", "hermes"].prefix(count)
    fleet = Fleet(
      name: "simulated",
      networks: [
        .init(name: "internal", role: .storage, cidr: "10.77.1.0/24"),
        .init(name: "external", role: .service, cidr: "10.77.2.0/24"),
      ],
      hosts: names.enumerated().map { number, name in
        .init(
          name: name, ssh: name, links: ["internal": "eth1", "external": "eth0"],
          addresses: ["internal": ["10.77.1.\(11 + number)"], "external": ["10.77.2.\(11 + number)"]],
          bmc: .init(ipmi: "10.77.3.\(11 + number)", user: "murphy", passwordFile: "/etc/murphy/bmc"))
      },
      vms: [.init(name: "web", domain: "web")], quorum: count / 2 + 1,
      probes: [
        .init(name: "website", kind: .http, target: "http://10.77.2.101/", every: .milliseconds(500)),
        .init(
          name: "writes", kind: .append, target: "tcp://10.77.2.101:7000", every: .milliseconds(500)),
      ],
      views: [.init(name: "manager", kind: .init("pacemaker"))], manager: .init(addresses: ["10.77.2.9"]))
    running = [names[0]: ["web"]]
    scenario = Scenario(
      name: "simulated",
      steady: .init(
        duration: .seconds(1), probes: Self.pick([["website"], ["website", "writes"]], &random),
        views: ["manager"]),
      timeline: Self.timeline(names, catalogue, &random),
      recovery: .init(stable: .seconds(2), noProgress: .seconds(6), cap: .seconds(12)),
      trials: Self.pick([1, 1, 1, 1, 2], &random), beyondQuorum: Self.pick([true, true, false], &random))
    if Self.pick([true, false, false, false, false, false], &random) {
      scenario.guards = [.init(when: .exceeds(.hostsDown, 1))]
    }
  }

  /// The variants of a fault. A fault by a BMC has one variant for each mode here. For the BMC the modes differ only by
  /// a byte, but a reboot is confirmed in another way than a loss of power.
  private static func cases(of kind: FaultKind) -> [FaultCase] {
    var kind = kind
    if let variant = kind.description.variants.first, variant.observed == .byBMC(.powerOff),
      case .word(let modes)? = kind.description.parameters.first(where: { $0.name == "mode" })?.form
    {
      kind.description.variants = modes.map {
        FaultVariant($0, ["mode": $0], observed: variant.observed)
      }
    }
    return FaultCatalogue([kind]).cases
  }

  private static func pick<T>(_ values: [T], _ random: inout SeededGenerator) -> T {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  private static func timeline(
    _ names: ArraySlice<String>, _ catalogue: FaultCatalogue, _ random: inout SeededGenerator
  ) -> [Step] {
    let isLong = pick([true, false, false, false, false], &random)
    return (1...pick([1, 1, 2, 2, 3], &random)).map { number in
      let host: HostSelector = pick(names.map { .named($0) } + [.any, .hostOf("web")], &random)
      let cut = Int.random(in: 1..<names.count, using: &random)
      let sides = [Array(names.prefix(cut)), Array(names.dropFirst(cut))]
      let network = pick(["internal", "external"], &random)
      // A fault is chosen first, then a variant, so that faults with many variants are not more frequent.
      let tried = pick(cases(of: pick(catalogue.kinds, &random)), &random)
      let target: Target =
        switch tried.fault.targets[0] {
        case .host: .host(host)
        case .link: .link(host, network: network)
        case .vm: .vm("web")
        case .sides: .sides(sides, network: pick([network, network, nil], &random))
        }
      var triggers: [Step.Trigger] = [.at(.milliseconds(Int64.random(in: 0...6000, using: &random)))]
      if number > 1 {
        triggers.append(.after(step: "step-\(number - 1)", delay: .milliseconds(500 * Int64(number))))
        triggers.append(.when(.sees(view: "manager", object: "host", state: .down)))
      }
      return tried.step(
        named: "step-\(number)", at: pick(triggers, &random), on: target,
        with: tried.fault.examples,
        for: .milliseconds(Int64.random(in: 300...(isLong ? 30_000 : 6000), using: &random)))
    }
  }
}
