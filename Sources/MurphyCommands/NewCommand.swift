import ArgumentParser
import Faults
import Files
import Glibc
import Journal
import Linux
import Scenario
import Views

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Writes a commented scenario for a fault, as a start.",
    discussion: """
      Its names are taken from the fleet: --fleet, or that of the only running lab. Without a fleet they are examples. \
      A file that exists is never overwritten.
      """)

  @Option(help: "The fault; murphy faults lists them.") var fault = "link.drop"
  @Option(help: "The fleet file to take names from.") var fleet: String?
  @Option(help: "The folder to write to.") var out = "."
  @Argument(help: "The scenario's name; the file is NAME.yaml.") var name: String

  func validate() throws { try refuseEmpty(["--fleet": fleet, "--out": out]) }

  func run() throws {
    guard let description = Catalogue.builtIn.descriptions.first(where: { $0.name == fault }) else {
      let names = Catalogue.builtIn.descriptions.map(\.name)
      throw Stop(
        .badInput,
        "--fault: unknown '\(fault)'\(Nearest.hint(fault, among: names)); murphy faults lists all")
    }
    let file = path(of: "\(name).yaml", in: out)
    try refuseExisting([file])
    let (fleet, path) = try readFleet()
    let draft = try ScenarioDraft(name: name, fault: description, fleet: fleet ?? Self.exampleFleet)
    let text = draft.text(fleetFile: path ?? "fleet.yaml")
    do throws(FileRefused) {
      // The name is the only text that comes from neither this program nor the fleet.
      _ = try ScenarioFile.parse(
        text: text, file: file, fleet: fleet, catalogue: Catalogue.builtIn)
    } catch {
      throw Stop(.badInput, error.diagnostics.map { "\(name): error: \($0.message)" }.joined(separator: "\n"))
    }
    try writeNew(text, to: file)
    print(file)
    let option = path.map { " --fleet \($0)" } ?? " --fleet FILE"
    printToStandardError(
      (fleet == nil ? "Without a fleet, the names in it are examples: change them. " : "")
        + "Edit \(file), then: murphy plan \(file)\(option)")
  }

  private func readFleet() throws -> (Fleet?, path: String?) {
    switch FleetOption.source(given: fleet) {
    case .none: return (nil, nil)
    case .file(let path):
      do throws(FileRefused) {
        return (try FleetFile.read(path: path).value, path)
      } catch {
        throw Stop(.badInput, error.description)
      }
    }
  }

  private static func host(_ name: String, _ address: String) -> Fleet.Host {
    Fleet.Host(
      name: name, ssh: "root@\(name)", links: ["internal": "eth1"], addresses: ["internal": [address]])
  }

  /// Used if there is no fleet.
  private static let exampleFleet = Fleet(
    name: "ours", networks: [.init(name: "internal", role: .storage, cidr: "10.77.1.0/24")],
    hosts: [
      host("dauntless", "10.77.1.11"), host("excelsior", "10.77.1.12"), host("falco", "10.77.1.13"),
    ],
    vms: [.init(name: "web", domain: "web")], quorum: 2,
    probes: [.init(name: "website", kind: .http, target: "http://10.77.2.101/")],
    views: [.init(name: "manager", kind: .init("pacemaker"))])
}

/// A scenario of one fault for a fleet, with comments.
private struct ScenarioDraft {
  let name: String
  let fault: FaultDescription
  let fleet: Fleet
  let target: String

  init(name: String, fault: FaultDescription, fleet: Fleet) throws {
    self.name = name
    self.fault = fault
    self.fleet = fleet
    guard !fleet.probes.isEmpty else {
      throw Stop(.badInput, "the fleet has no probe, and a scenario needs one: add it to the fleet's probes")
    }
    var target: String?
    for kind in fault.targets where target == nil { target = Self.target(kind, in: fleet) }
    guard let target else {
      throw Stop(
        .badInput,
        "the fleet has no target for \(fault.name) (\(fault.targets.map(\.rawValue).joined(separator: ", "))): add "
          + (fault.targets.contains(.vm)
            ? "a virtual machine to its vms"
            : !fault.targets.contains(.sides)
              ? "its hosts' links on a network"
              : fleet.hosts.count == 1 ? "another host" : "its hosts' addresses on a network"))
    }
    self.target = target
  }

  /// A target in a fleet. It is the last host, since the first one is often the one that manages the others.
  private static func target(_ kind: Target.Kind, in fleet: Fleet) -> String? {
    switch kind {
    case .host: return fleet.hosts.last.map { "{host: \($0.name)}" }
    case .vm: return fleet.vms.first.map { "{vm: \($0.name)}" }
    case .link:
      let networks = fleet.networks.filter { $0.role == .storage } + fleet.networks
      for network in networks {
        if let host = fleet.hosts.last(where: { $0.links[network.name] != nil }) {
          return "{host: \(host.name), network: \(network.name)}"
        }
      }
      return nil
    case .sides:
      guard fleet.hosts.count > 1, let last = fleet.hosts.last else { return nil }
      let networks = fleet.networks.filter { $0.role == .storage } + fleet.networks
      let network = networks.first { network in
        fleet.hosts.allSatisfy { $0.addresses?[network.name]?.isEmpty == false }
      }
      guard let network else { return nil }
      let others = fleet.hosts.dropLast().map(\.name).joined(separator: ", ")
      return "{sides: [[\(last.name)], [\(others)]], network: \(network.name)}"
    }
  }

  private func list(_ names: [String]) -> String { "[\(names.joined(separator: ", "))]" }

  /// Views that a run can query.
  private var views: [String] {
    fleet.views.map(\.name)
  }

  private var isInstant: Bool {
    let given = fault.parameters.compactMap { parameter in
      (parameter.example ?? parameter.standard).map { (parameter.name, $0) }
    }
    return fault.extent.isInstant(Dictionary(given) { first, _ in first })
  }

  private var parameters: [String] {
    fault.parameters.map { parameter in
      if let example = (fleet.hasManager ? nil : parameter.exampleWithoutManager) ?? parameter.example {
        return "    \(parameter.name): \(example.words)  # \(parameter.form.words): \(parameter.summary)"
      }
      let value = parameter.standard?.words ?? parameter.form.words
      return "    # \(parameter.name): \(value)  # \(parameter.form.words): \(parameter.summary)"
    }
  }

  /// More hosts down than the fleet can spare. The only host can't be more than that, so a service counts instead.
  private var guardCondition: String {
    fleet.hosts.count > 1
      ? "hosts-down > \(max(1, fleet.hosts.count - max(1, fleet.quorum)))"
      : "\(fleet.probes[0].name) down > 10m"
  }

  func text(fleetFile: String) -> String {
    let lines =
      [
        "# Describe in a sentence or two what fails here, and why it may happen to you.",
        "#",
        "# murphy check \(name).yaml --fleet \(fleetFile)   reports all mistakes",
        "# murphy plan \(name).yaml --fleet \(fleetFile)    shows what a run would do; changes nothing",
        "# murphy run \(name).yaml --fleet \(fleetFile)     runs it and writes a report",
        "scenario: \(name)",
        "title: \(fault.name)\(isInstant ? "" : " for a minute")",
        "",
        "# What must be healthy before the first fault, and for how long. All of them are measured until the end.",
        "steady: {for: 10s, probes: \(list(fleet.probes.map(\.name))), views: \(list(views))}",
        "",
        "timeline:",
        "  # \(fault.summary)",
        "  - at: 0s  # or after: STEP (and delay: 10s), or when: CONDITION; murphy metrics lists conditions",
        "    fault: \(fault.name)",
        "    target: \(target)  # \(fault.targetForms)",
      ] + (isInstant ? [] : ["    for: 60s  # at most the longest-lease of the host's policy"]) + parameters
      + [
        "",
        "# When the platform counts as recovered, and when the wait for it ends.",
        "recovery: {stable: 10s, no-progress: 3m, cap: 10m}",
        "",
        "# Limits; murphy metrics lists the metrics.",
        "objectives:",
        "  \(fleet.probes[0].name).downtime: max 60s",
        "  residue: max 0",
        "",
        "# Conditions that abort the run: every fault is reverted, then the report is written.",
        "guards: [{when: \(guardCondition), then: abort}]",
        "",
        "# trials: 3             # repeats the whole scenario",
        "# beyond-quorum: true   # allows it to take down more hosts than the fleet's quorum allows",
      ]
    return lines.joined(separator: "\n") + "\n"
  }
}
