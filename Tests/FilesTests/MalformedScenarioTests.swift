import Files
import Scenario
import Testing

@Suite struct MalformedScenarioTests {
  static let lines: [BrokenLine] = [
    BrokenLine(1, "scenario: two.disasters", ("1:11", "did you mean 'two-disasters'?")),
    BrokenLine(2, "title: yes", ("2:8", "YAML 1.1 reads as true")),
    BrokenLine(2, "title: a: b", ("2:9", "quotes")),
    BrokenLine(2, "title: \"A link goes", ("2:8", "closing quote")),
    BrokenLine(3, "rehearses: {a: b}", ("3:12", "found a mapping")),
    BrokenLine(5, "  for: 10", ("5:8", "did you mean '10s'?")),
    BrokenLine(5, "  for: 10s\n  at-most: 10s", ("6:12", "at-most 10s must be longer than for 10s")),
    BrokenLine(8, "timeline: - {}", ("8:11", "on the line after its key")),
    BrokenLine(18, "recovery: {stable:10s, cap:[3m]}", ("18:27", "needs a space after it")),
    BrokenLine(5, "  form: 10s", ("5:3", "did you mean 'for'?")),
    BrokenLine(
      6, "  probes: [websit, writes]", ("6:12", "did you mean 'website'?"), ("20:3", "isn't watched"),
      ("27:12", "can't be observed"), ("32:3", "add it to steady's probes")),
    BrokenLine(
      6, "  probes: [website, storage, writes, website]", ("6:21", "'storage' is a view"),
      ("6:38", "duplicate probe")),
    BrokenLine(
      6, "  probes: website", ("6:11", "expected a list"), ("20:3", "steady's probes"),
      ("21:3", "steady's probes"), ("27:12", "steady's probes"), ("32:3", "steady's probes")),
    BrokenLine(7, "  views: [storage]", ("17:12", "steady's views"), ("22:3", "'manager' isn't watched")),
    BrokenLine(26, "  - {when: hosts-down>1, then: abort}", ("26:12", "did you mean 'hosts-down > 1'?")),
    BrokenLine(
      26, "  - {when: gateway down > 1m, then: abort}", ("26:12", "add 'gateway' to steady's probes")),
    BrokenLine(
      26, "  - {on: hosts-down > 1, then: abort}", ("26:5", "'when' is missing"), ("26:6", "reads as true")),
    BrokenLine(9, "  - nam: cut", ("9:5", "did you mean 'name'?"), ("16:13", "unknown step 'cut'")),
    BrokenLine(9, "  - name: step-2", ("9:11", "step 2"), ("16:13", "unknown step 'cut'")),
    BrokenLine(10, "    at: 0:05", ("10:9", "base 60")),
    BrokenLine(10, "    delay: 5s", ("9:5", "at, after or when"), ("10:5", "valid only together with after")),
    BrokenLine(11, "    fault: link.dorp", ("11:12", "did you mean 'link.drop'?")),
    BrokenLine(
      11, "    fault: host.unplug", ("12:13", "host.unplug takes a host"), ("15:5", "unknown key 'direction'")
    ),
    BrokenLine(12, "    target: {host: flaco, network: internal}", ("12:20", "did you mean 'falco'?")),
    BrokenLine(12, "    target: {host: falco, network: interal}", ("12:36", "did you mean 'internal'?")),
    BrokenLine(12, "    target: {host: falco}", ("12:13", "link.drop takes a link")),
    BrokenLine(12, "    target: falco", ("12:13", "expected a mapping, found 'falco'")),
    BrokenLine(
      12, "    target: {network: internal}", ("12:13", "host, host-of, vm or sides"),
      ("12:14", "valid only together with")
    ),
    BrokenLine(
      12, "    target: {sides: [[falco], [falco, excelsior]], network: internal}",
      ("12:13", "link.drop takes a link"), ("12:32", "two sides")),
    BrokenLine(
      12, "    target: {sides: [[], [falco]], network: internal}", ("12:13", "takes a link"),
      ("12:22", "at least one")),
    BrokenLine(13, "    for: 0s", ("13:10", "more than zero")),
    BrokenLine(13, "    for: 1d", ("13:10", "did you mean '24h'?")),
    BrokenLine(13, "    # no end", ("9:5", "'for' is missing")),
    BrokenLine(14, "    mode: silant", ("14:11", "did you mean 'silent'?")),
    BrokenLine(14, "    mod: silent", ("14:5", "did you mean 'mode'?")),
    BrokenLine(
      14, "    mode: silent\n    mode: carrier", ("15:5", "duplicate key 'mode': first used at line 14")),
    BrokenLine(14, "    mode: carrier", ("15:16", "'in' needs mode: silent")),
    BrokenLine(15, "    direction: on", ("15:16", "unknown 'on'")),
    BrokenLine(
      16, "  - {after: cut, fault: firewall.lock, target: {host: any}, for: 30s, allow: [22, 70000]}",
      ("16:83", "1 to 65535")),
    BrokenLine(
      16, "  - {after: cut, fault: firewall.lock, target: {host: any}, for: 30s, allow: 22}",
      ("16:78", "expected a list")),
    BrokenLine(
      16, "  - {after: cut, at: 5s, fault: firewall.lock, target: {host: any}, for: 30s}",
      ("16:18", "only one of at, after or when")),
    BrokenLine(
      16, "  - {after: step-2, fault: firewall.lock, target: {host: any}, for: 30s}",
      ("16:13", "wait for itself")),
    BrokenLine(
      16, "  - {name: cut, at: 0s, fault: firewall.lock, target: {host: any}, for: 30s}",
      ("16:12", "duplicate step name 'cut'")),
    BrokenLine(
      16, "  - {at: 64s, fault: link.drop, target: {host: falco, network: internal}, for: 30s}",
      ("16:10", "'cut' keeps it active from 5s to 65s")),
    BrokenLine(
      17, "  - {when: manger sees falco down, fault: vm.freeze, target: {vm: web}, for: 30s}",
      ("17:12", "did you mean 'manager'?")),
    BrokenLine(
      17, "  - {when: manager sees flaco down, fault: vm.freeze, target: {vm: web}, for: 30s}",
      ("17:25", "did you mean 'falco'?")),
    BrokenLine(
      17, "  - {when: manager sees falco dwon, fault: vm.freeze, target: {vm: wbe}, for: 30s}",
      ("17:31", "did you mean 'down'?"), ("17:68", "did you mean 'web'?")),
    BrokenLine(
      17, "  - {when: manager see falco down, fault: vm.freeze, target: {vm: web}, for: 30s}",
      ("17:20", "did you mean 'sees'?")),
    BrokenLine(18, "recovery: {stable: 20m, cap: 10m}", ("18:30", "doesn't fit within the cap")),
    BrokenLine(18, "recovery: {stable: 10s, no_progress: 3m}", ("18:25", "did you mean 'no-progress'?")),
    BrokenLine(20, "  website.downtime: max 60", ("20:25", "did you mean 'max 60s'?")),
    BrokenLine(20, "  website.downtime: 60s", ("20:21", "did you mean 'max 60s'?")),
    BrokenLine(20, "  website.downtime: > 60s", ("20:21", "max, min or exactly")),
    BrokenLine(20, "  website.downtime: < 60s", ("20:21", "did you mean 'max'?")),
    BrokenLine(20, "  website.downtime: maks 60s", ("20:21", "expected max, min or exactly")),
    BrokenLine(20, "  website.downtme: max 60s", ("20:11", "did you mean 'downtime'?")),
    BrokenLine(20, "  websit.downtime: max 60s", ("20:3", "did you mean 'website'?")),
    BrokenLine(20, "  website.lost: max 0", ("20:3", "lost is a metric of append probes")),
    BrokenLine(20, "  downtime: max 60s", ("20:3", "did you mean 'website.downtime'?")),
    BrokenLine(20, "  website: max 60s", ("20:3", "'website.METRIC'")),
    BrokenLine(20, "  \"website.downtme\": max 60s", ("20:12", "did you mean 'downtime'?")),
    BrokenLine(21, "  writes.lost: max 10s", ("21:20", "lost is a count")),
    BrokenLine(22, "  gateway.downtime: max 60s", ("22:3", "add it to steady's probes")),
    BrokenLine(24, "  website.residue: max 0", ("24:3", "a metric of the run: did you mean 'residue'?")),
    BrokenLine(26, "  - {when: hosts-down >= 1, then: abort}", ("26:23", "only '>' is")),
    BrokenLine(26, "  - {when: hosts-down > 1s, then: abort}", ("26:25", "a number without a unit")),
    BrokenLine(26, "  - {when: host-down > 1, then: abort}", ("26:12", "did you mean 'hosts-down'?")),
    BrokenLine(26, "  - {when: hosts-down > 1}", ("26:5", "'then' is missing")),
    BrokenLine(26, "  - {when: hosts-down > 1, then: stop}", ("26:34", "expected abort")),
    BrokenLine(27, "  - {when: website down > 300, then: abort}", ("27:27", "did you mean '300s'?")),
    BrokenLine(28, "trials: 0", ("28:9", "1 to 1000")),
    BrokenLine(28, "trials: 0o3", ("28:9", "the number 3")),
    BrokenLine(28, "trails: 3", ("28:1", "did you mean 'trials'?")),
    BrokenLine(29, "beyond-quorum: yes", ("29:16", "expected true or false")),
    BrokenLine(29, "beyond_quorum: true", ("29:1", "did you mean 'beyond-quorum'?")),
    BrokenLine(29, "<<: {a: b}", ("29:1", "merge keys are refused")),
    BrokenLine(30, "shorter-fault: yes", ("30:16", "expected void or counts")),
    BrokenLine(30, "shorter-fault: count", ("30:16", "did you mean 'counts'?")),
    BrokenLine(30, "shorter-faults: counts", ("30:1", "did you mean 'shorter-fault'?")),
  ]

  @Test("A broken line of a scenario is refused with its place", arguments: lines)
  func refusesBrokenLine(_ broken: BrokenLine) throws {
    let fleet = try lab()
    let found = try refusal {
      _ = try ScenarioFile.parse(
        text: text(labScenario, line: broken.line, replacedBy: broken.text), file: "scenario.yaml",
        fleet: fleet, catalogue: catalogue)
    }
    broken.expect(found)
  }

  /// Starts of the messages that need a fleet's names.
  private static let needsNames = [
    "unknown host", "unknown virtual machine", "unknown network", "unknown probe", "unknown view",
    "'manager' can't see",
    "objectives: lost is a metric of append probes",
  ]

  @Test(
    "Without a fleet, the mistakes that don't depend on it are found in the same places", arguments: lines)
  func refusesBrokenLineByItself(_ broken: BrokenLine) throws {
    let fleet = try lab()
    func findings(_ fleet: Fleet?) throws -> [Diagnostic] {
      try refusal {
        _ = try ScenarioFile.parse(
          text: text(labScenario, line: broken.line, replacedBy: broken.text), file: "scenario.yaml",
          fleet: fleet, catalogue: catalogue)
      }
    }
    let alone = try findings(nil)
    let known = try findings(fleet)
    let needed = known.filter { found in !Self.needsNames.contains { found.message.hasPrefix($0) } }
    #expect(Set(places(needed)).subtracting(places(alone)).isEmpty, "\(alone)")
    #expect(Set(places(alone)).subtracting(places(known)).isEmpty, "\(alone)")
    #expect(alone.allSatisfy { !$0.message.contains(": there is none") }, "\(alone)")
  }

  @Test("A good scenario is valid without a fleet, and has the same value as with one")
  func aGoodScenarioByItself() throws {
    for text in [exampleScenario, labScenario] {
      let alone = try ScenarioFile.parse(text: text, file: "s", fleet: nil, catalogue: catalogue)
      #expect(alone.diagnostics.isEmpty, "\(alone.diagnostics)")
      #expect(
        try alone.value == ScenarioFile.parse(text: text, file: "s", fleet: lab(), catalogue: catalogue).value
      )
    }
  }

  @Test(
    "Without a fleet, an objective on a subject that isn't watched, or of a wrong kind, is refused",
    arguments: [
      BrokenLine(20, "  websit.downtime: max 60s", ("20:3", "add it to steady's probes")),
      BrokenLine(
        20, "  manager.downtime: max 60s", ("20:3", "downtime is a metric of probes, not of 'manager'")),
      BrokenLine(20, "  website.time-to-fail-over: max 60s", ("20:3", "not of 'website'")),
      BrokenLine(20, "  db.time-to-fail-over: max 60s"),
      BrokenLine(20, "  website.split-brain: max 0", ("20:3", "not of 'website'")),
      BrokenLine(20, "  website: max 60s", ("20:3", "with downtime, outages")),
      BrokenLine(7, "  views: []", ("17:12", "steady's views"), ("22:3", "steady's views")),
      BrokenLine(26, "  - {when: split-brain > 0, then: abort}"),
      BrokenLine(12, "    target: {host: anybody, network: nowhere}"),
    ])
  func aScenarioByItself(_ broken: BrokenLine) throws {
    broken.expect(
      try refusal {
        _ = try ScenarioFile.parse(
          text: text(labScenario, line: broken.line, replacedBy: broken.text), file: "scenario.yaml",
          fleet: nil, catalogue: catalogue)
      })
  }
}
