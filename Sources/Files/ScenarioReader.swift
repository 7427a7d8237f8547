import Journal
import Scenario
import Views

/// Converts a tree whose form was checked to a scenario, and makes the checks that the form can't express: names that
/// the fleet must have, targets that fit their faults, timelines that are possible.
///
/// A part with a wrong form was already reported. It is replaced by a placeholder value so that the rest is checked.
struct ScenarioReader {
  /// nil checks only the scenario: names of the fleet are not checked.
  let fleet: Fleet?
  let catalogue: FaultCatalogue
  var findings: Findings
  /// The shape of a step.
  private let shape: Shape

  init(fleet: Fleet?, catalogue: FaultCatalogue, findings: Findings) {
    self.fleet = fleet
    self.catalogue = catalogue
    self.findings = findings
    shape = ScenarioFile.step(catalogue.descriptions)
  }

  mutating func scenario(_ root: Element) -> Scenario {
    let name = root["scenario"]?.text ?? ""
    let steady = self.steady(root["steady"])
    let steps = (root["timeline"]?.items ?? []).prefix(Shape.mostItems).enumerated().map {
      step($1, index: $0, steady)
    }
    if root["timeline"] != nil { judgeTimeline(steps) }
    let objectives = (root["objectives"]?.entries ?? []).compactMap { objective($0, steady: steady) }
    return Scenario(
      name: name, title: root["title"]?.text ?? name, rehearses: labels(root["rehearses"]), steady: steady,
      timeline: steps.map(\.value), recovery: recovery(root["recovery"]),
      objectives: objectives,
      guards: (root["guards"]?.items ?? []).compactMap { element in
        element["when"].flatMap { condition($0, steady) }.map(Scenario.Guard.init(when:))
      },
      trials: root["trials"]?.integer ?? 1, beyondQuorum: root["beyond-quorum"]?.flag ?? false,
      // nil for the default too, so that the value and its digest are the same whether or not the file states it.
      shorterFault: root["shorter-fault"]?.text == Scenario.ShorterFault.counts.rawValue ? .counts : nil,
      compare: compare(root["compare"], objectives), services: services(root["services"], steady),
      drill: DrillShape.drill(root["drill"]))
  }

  private mutating func services(_ element: Element?, _ steady: Scenario.Steady) -> [Scenario.Service]? {
    element?.entries.map { entry in
      if !steady.probes.contains(entry.key) {
        findings.error(
          entry.position,
          "services: '\(entry.key.clipped)' isn't watched in this scenario: add it to steady's probes",
          .unwatched)
      }
      let mbco = entry.value["mbco"]?.duration
      if let mbco, let timeout = fleet?.probe(entry.key)?.timeout, mbco >= timeout,
        let place = entry.value["mbco"]?.position
      {
        findings.error(
          place,
          "mbco: must be shorter than the probe's timeout, \(timeout): a later answer already counts as none",
          .conflict)
      }
      return Scenario.Service(
        probe: entry.key, mbco: mbco,
        availabilityPerMillion: entry.value["availability"]?.text.flatMap(Form.perMillion))
    }
  }

  private mutating func compare(_ element: Element?, _ objectives: [Objective]) -> Scenario.Compare? {
    guard let element else { return nil }
    var compare = Scenario.Compare()
    if let percent = element["percent"]?.integer { compare.percent = percent }
    compare.absolute = element["absolute"]?.duration
    if let primary = element["primary"], let key = primary.text {
      let keys = objectives.filter { $0.relation == .max }.map(\.key)
      if keys.contains(key) {
        compare.primary = key
      } else {
        findings.error(
          primary.position,
          "compare: '\(key.clipped)' is not the key of an objective with max"
            + Nearest.hint(key, among: keys), .unknown)
      }
    }
    return compare
  }

  private func labels(_ element: Element?) -> [String] {
    guard let element else { return [] }
    return element.text.map { [$0] } ?? element.items.compactMap(\.text)
  }

  private mutating func steady(_ element: Element?) -> Scenario.Steady {
    let shortest = element?["for"]?.duration ?? .zero
    let longest = element?["at-most"]?.duration
    if let longest, longest <= shortest, let place = element?["at-most"] {
      findings.error(
        place.position, "steady: 'at-most' (\(longest)) must be longer than 'for' (\(shortest))", .conflict)
    }
    return Scenario.Steady(
      duration: shortest, longest: longest,
      probes: names(element?["probes"], "probe", among: fleet?.probes.map(\.name)),
      views: names(element?["views"], "view", among: fleet?.views.map(\.name)))
  }

  private mutating func names(_ list: Element?, _ kind: String, among known: [String]?) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for item in list?.items ?? [] {
      guard let name = item.text, Form.problem(ofName: name) == nil else { continue }
      if !seen.insert(name).inserted {
        findings.error(item.position, "duplicate \(kind) '\(name)' in this list", .duplicate)
      } else if let known, !known.contains(name) {
        findings.error(
          item.position, "unknown \(kind) '\(name)'" + Nearest.hint(name, among: known) + unlike(name, kind),
          .absent)
      }
      names.append(name)
    }
    return names
  }

  /// A hint if the name is one of another kind.
  private func unlike(_ name: String, _ kind: String) -> String {
    guard let fleet else { return "" }
    let kinds = [
      ("probe", fleet.probe(name) != nil), ("view", fleet.view(name) != nil),
      ("virtual machine", fleet.vm(name) != nil), ("host", fleet.host(name) != nil),
    ]
    return kinds.first { $0.1 && $0.0 != kind }.map { " ('\(name)' is a \($0.0) of this fleet)" } ?? ""
  }

  private mutating func recovery(_ element: Element?) -> Scenario.Recovery {
    var recovery = Scenario.Recovery()
    if let stable = element?["stable"]?.duration { recovery.stable = stable }
    if let noProgress = element?["no-progress"]?.duration { recovery.noProgress = noProgress }
    if let cap = element?["cap"]?.duration { recovery.cap = cap }
    if let element, recovery.stable > recovery.cap {
      findings.error(
        (element["cap"] ?? element["stable"] ?? element).position,
        "recovery: a stable window of \(recovery.stable) doesn't fit within the cap of \(recovery.cap)",
        .conflict)
    }
    return recovery
  }

  private mutating func condition(_ element: Element, _ steady: Scenario.Steady) -> Condition? {
    guard let text = element.text else { return nil }
    switch Condition.read(text, fleet: fleet) {
    case .success(let condition):
      if let missing = unwatched(condition, steady) {
        findings.error(element.position, "'\(text.clipped)' can't be observed: add \(missing)", .unwatched)
      }
      return condition
    case .failure(let complaint):
      // Errors of form were reported when the form was checked.
      if Form.condition.complaint(Scalar(text: text, isPlain: false, isVerbatim: false)) == nil {
        findings.error(element.position(at: complaint.offset), complaint.message, complaint.kind)
      }
      return nil
    }
  }

  /// The entry that `steady` needs so that a condition can be observed.
  private func unwatched(_ condition: Condition, _ steady: Scenario.Steady) -> String? {
    switch condition {
    case .sees(let view, _, _): return steady.views.contains(view) ? nil : "'\(view)' to steady's views"
    case .down(let probe, _): return steady.probes.contains(probe) ? nil : "'\(probe)' to steady's probes"
    case .exceeds(.hostsDown, _): return nil
    case .exceeds:
      // Without a fleet, it is not known which views are of the storage.
      let storage = steady.views.contains { view in
        guard let fleet else { return true }
        return fleet.view(view)?.kind.form == .storage
      }
      return storage
        ? nil : "a storage view (\(Views.keys(of: .storage).joined(separator: ", "))) to steady's views"
    }
  }
}

extension ScenarioReader {
  /// A step with the element that it was read from.
  struct PlacedStep {
    var value: Step
    var element: Element
    /// Whether the file names it.
    var isNamed: Bool
  }

  private mutating func step(_ element: Element, index: Int, _ steady: Scenario.Steady) -> PlacedStep {
    let errors = findings.errors
    let kind = element["fault"]?.text.flatMap { catalogue.kind(named: $0) }
    let fault = kind?.description
    var parameters: [String: ParameterValue] = [:]
    for parameter in fault?.parameters ?? [] {
      parameters[parameter.name] =
        element[parameter.name].flatMap { parameter.value($0, &findings) } ?? parameter.standard
    }
    let target = element["target"].flatMap { self.target($0) }
    if let fault, let target, !fault.targets.contains(target.kind), let place = element["target"] {
      findings.error(
        place.position,
        "\(fault.name) takes \(Nearest.list(fault.targets.map(\.example))), found \(target.kind.noun)",
        .unfit, stage: .form)
    }
    if let fault, fault.targets.contains(.sides), case .sides(_, let network)? = target {
      judgeAddresses(element["target"] ?? element, on: network)
    }
    let isInstant = fault?.extent.isInstant(parameters) ?? false
    let value = Step(
      name: element["name"]?.text ?? "step-\(index + 1)", trigger: trigger(element, steady),
      fault: element["fault"]?.text ?? "", target: target ?? .host(.any),
      duration: isInstant ? Extent.instantLease : element["for"]?.duration ?? .zero, isInstant: isInstant,
      parameters: parameters)
    if let kind, let place = element["target"], findings.errors == errors, isWellFormed(element) {
      judge(value, of: kind, at: place.position)
    }
    return PlacedStep(value: value, element: element, isNamed: element["name"] != nil)
  }

  /// Whether the form of a step is right, so that its value equals the file's.
  private func isWellFormed(_ element: Element) -> Bool {
    var found = Findings(file: findings.file)
    shape.check(element, "", &found)
    return !found.hasErrors
  }

  /// Refuses a step if, according to the fleet file, its fault is impossible on the host that it names, or on every
  /// host that may be chosen.
  private mutating func judge(_ step: Step, of kind: FaultKind, at position: Position) {
    guard let fleet else { return }
    let hosts: [Fleet.Host?] =
      switch step.target {
      case .sides: [nil]
      case .host(.named(let name)), .link(.named(let name), _): fleet.host(name).map { [$0] } ?? []
      case .host, .link, .vm: fleet.hosts
      }
    var refusal: StepRefused?
    for host in hosts {
      do throws(StepRefused) {
        _ = try kind.assign(step, host, fleet)
        return
      } catch {
        refusal = refusal ?? error
      }
    }
    if let refusal { findings.error(position, "\(step.fault): \(refusal.reason)", .unfit) }
  }

  private mutating func trigger(_ element: Element, _ steady: Scenario.Steady) -> Step.Trigger {
    if let after = element["after"]?.text {
      return .after(step: after, delay: element["delay"]?.duration ?? .zero)
    }
    if let when = element["when"], let condition = self.condition(when, steady) { return .when(condition) }
    return .at(element["at"]?.duration ?? .zero)
  }

  private mutating func target(_ element: Element) -> Target? {
    let network = element["network"]
    if let sides = element["sides"] { return self.sides(sides, network: network) }
    if let vm = element["vm"] { return self.vm(vm).map(Target.vm) }
    let selector: HostSelector?
    if let host = element["host"], let name = host.text {
      selector = name == "any" ? .any : self.host(host).map(HostSelector.named)
    } else if let vm = element["host-of"] {
      selector = self.vm(vm).map(HostSelector.hostOf)
    } else {
      selector = nil
    }
    guard let network else { return selector.map(Target.host) }
    guard let name = self.network(network) else { return nil }
    if case .named(let host) = selector {
      judgeLink(of: host, on: name, network.position)
    } else if selector != nil, let fleet, !fleet.hosts.contains(where: { $0.links[name] != nil }) {
      findings.error(network.position, "no host has a link on the network '\(name)'", .absent)
    }
    return selector.map { .link($0, network: name) }
  }

  private mutating func sides(_ element: Element, network: Element?) -> Target? {
    let name = network.flatMap { self.network($0) }
    var seen: [String: Position] = [:]
    var sides: [[String]] = []
    for side in element.items {
      var hosts: [String] = []
      for item in side.items {
        guard let host = host(item) else { continue }
        if let earlier = seen[host] {
          findings.error(
            item.position, "sides: '\(host)' can't be on two sides, or twice (first at \(earlier))",
            .duplicate)
        } else {
          seen[host] = item.position
          if let name { judgeLink(of: host, on: name, item.position) }
        }
        hosts.append(host)
      }
      sides.append(hosts)
    }
    if network != nil, name == nil { return nil }
    return .sides(sides, network: name)
  }

  /// Refuses hosts without addresses in the fleet: their packets could not be identified.
  private mutating func judgeAddresses(_ target: Element, on network: String?) {
    for item in (target["sides"]?.items ?? []).flatMap(\.items) {
      guard let host = item.text.flatMap({ fleet?.host(called: $0) }),
        network.map({ host.links[$0] != nil }) ?? true,
        let unknown = host.networksWithoutAddresses(network).first
      else { continue }
      findings.error(item.position, host.needsAddresses(on: unknown), .absent)
    }
  }

  private mutating func judgeLink(of host: String, on network: String, _ position: Position) {
    guard let links = fleet?.host(host)?.links, links[network] == nil else { return }
    let has = links.keys.sorted()
    findings.error(
      position,
      "'\(host)' has no link on the network '\(network)': "
        + (has.isEmpty ? "it has no link" : "it has links on \(has.joined(separator: ", "))"), .absent)
  }

  private mutating func host(_ element: Element) -> String? {
    known(element, "host", among: fleet?.hosts.map(\.name), Form.hostName)
  }
  private mutating func vm(_ element: Element) -> String? {
    known(element, "virtual machine", among: fleet?.vms.map(\.name), Form.name)
  }
  private mutating func network(_ element: Element) -> String? {
    known(element, "network", among: fleet?.networks.map(\.name), Form.name)
  }

  private mutating func known(_ element: Element, _ kind: String, among names: [String]?, _ form: Form)
    -> String?
  {
    // Invalid names were reported when the form was checked.
    guard let scalar = element.scalar, form.complaint(scalar) == nil else { return nil }
    if let names, !names.contains(scalar.text) {
      // An alias of the fleet is replaced by the host's own name.
      if kind == "host", let host = fleet?.host(called: scalar.text) { return host.name }
      findings.error(
        element.position,
        "unknown \(kind) '\(scalar.text.clipped)'" + Nearest.hint(scalar.text, among: names)
          + unlike(scalar.text, kind), .absent)
      return nil
    }
    return scalar.text
  }
}

extension Target.Kind {
  fileprivate var noun: String {
    switch self {
    case .host: "a host"
    case .vm: "a virtual machine"
    case .link: "a link"
    case .sides: "a partition"
    }
  }

  fileprivate var example: String {
    switch self {
    case .host: "a host ({host: NAME}, {host-of: VM} or {host: any})"
    case .vm: "a virtual machine ({vm: NAME})"
    case .link: "a link ({host: NAME, network: NETWORK})"
    case .sides: "a partition ({sides: [[HOST], [HOST]], network: NETWORK}, or without network for all)"
    }
  }
}
