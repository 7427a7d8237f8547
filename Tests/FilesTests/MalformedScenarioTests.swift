import Files
import Scenario
import Testing

@Suite struct MalformedScenarioTests {
  static let lines: [BrokenLine] = [
    BrokenLine(1, "scenario: two.disasters", .at("1:11", .value, "two-disasters")),
    BrokenLine(2, "title: yes", .at("2:8", .type)),
    BrokenLine(2, "title: a: b", .at("2:9", .syntax)),
    BrokenLine(2, "title: \"A link goes", .at("2:8", .syntax)),
    BrokenLine(3, "rehearses: {a: b}", .at("3:12", .type)),
    BrokenLine(5, "  for: 10", .at("5:8", .value, "10s")),
    BrokenLine(5, "  for: 10s\n  at-most: 10s", .at("6:12", .conflict)),
    BrokenLine(8, "timeline: - {}", .at("8:11", .syntax)),
    BrokenLine(18, "recovery: {stable:10s, cap:[3m]}", .at("18:27", .syntax)),
    BrokenLine(5, "  form: 10s", .at("5:3", .unknown, "for")),
    BrokenLine(
      6, "  probes: [websit, writes]", .at("6:12", .absent, "website"), .at("20:3", .unwatched),
      .at("27:12", .unwatched), .at("32:3", .unwatched)),
    BrokenLine(
      6, "  probes: [website, storage, writes, website]", .at("6:21", .absent, "storage"),
      .at("6:38", .duplicate)),
    BrokenLine(
      6, "  probes: website", .at("6:11", .type), .at("20:3", .unwatched),
      .at("21:3", .unwatched), .at("27:12", .unwatched), .at("32:3", .unwatched)),
    BrokenLine(7, "  views: [storage]", .at("17:12", .unwatched), .at("22:3", .unwatched, "manager")),
    BrokenLine(26, "  - {when: hosts-down>1, then: abort}", .at("26:12", .value, "hosts-down > 1")),
    BrokenLine(
      26, "  - {when: gateway down > 1m, then: abort}", .at("26:12", .unwatched, "gateway")),
    BrokenLine(
      26, "  - {on: hosts-down > 1, then: abort}", .at("26:5", .missing, "when"), .at("26:6", .unknown)),
    BrokenLine(9, "  - nam: cut", .at("9:5", .unknown, "name"), .at("16:13", .unknown, "cut")),
    BrokenLine(9, "  - name: step-2", .at("9:11", .reserved), .at("16:13", .unknown, "cut")),
    BrokenLine(10, "    at: 0:05", .at("10:9", .value)),
    BrokenLine(10, "    delay: 5s", .at("9:5", .missing), .at("10:5", .conflict)),
    BrokenLine(11, "    fault: link.dorp", .at("11:12", .unknown, "link.drop")),
    BrokenLine(
      11, "    fault: host.unplug", .at("12:13", .unfit), .at("15:5", .unknown, "direction")
    ),
    BrokenLine(12, "    target: {host: flaco, network: internal}", .at("12:20", .absent, "falco")),
    BrokenLine(12, "    target: {host: falco, network: interal}", .at("12:36", .absent, "internal")),
    BrokenLine(12, "    target: {host: falco}", .at("12:13", .unfit)),
    BrokenLine(12, "    target: falco", .at("12:13", .type, "falco")),
    BrokenLine(
      12, "    target: {network: internal}", .at("12:13", .missing),
      .at("12:14", .conflict)
    ),
    BrokenLine(
      12, "    target: {sides: [[falco], [falco, excelsior]], network: internal}",
      .at("12:13", .unfit), .at("12:32", .duplicate)),
    BrokenLine(
      12, "    target: {sides: [[], [falco]], network: internal}", .at("12:13", .unfit),
      .at("12:22", .missing)),
    BrokenLine(13, "    for: 0s", .at("13:10", .value)),
    BrokenLine(13, "    for: 1d", .at("13:10", .value, "24h")),
    BrokenLine(13, "    # no end", .at("9:5", .missing, "for")),
    BrokenLine(14, "    mode: silant", .at("14:11", .unknown, "silent")),
    BrokenLine(14, "    mod: silent", .at("14:5", .unknown, "mode")),
    BrokenLine(
      14, "    mode: silent\n    mode: carrier", .at("15:5", .duplicate, "mode")),
    BrokenLine(14, "    mode: carrier", .at("15:16", .conflict, "in")),
    BrokenLine(15, "    direction: on", .at("15:16", .unknown, "on")),
    BrokenLine(
      16, "  - {after: cut, fault: firewall.lock, target: {host: any}, for: 30s, allow: [22, 70000]}",
      .at("16:83", .value)),
    BrokenLine(
      16, "  - {after: cut, fault: firewall.lock, target: {host: any}, for: 30s, allow: 22}",
      .at("16:78", .type)),
    BrokenLine(
      16, "  - {after: cut, at: 5s, fault: firewall.lock, target: {host: any}, for: 30s}",
      .at("16:18", .conflict)),
    BrokenLine(
      16, "  - {after: step-2, fault: firewall.lock, target: {host: any}, for: 30s}",
      .at("16:13", .conflict)),
    BrokenLine(
      16, "  - {name: cut, at: 0s, fault: firewall.lock, target: {host: any}, for: 30s}",
      .at("16:12", .duplicate, "cut")),
    BrokenLine(
      16, "  - {at: 64s, fault: link.drop, target: {host: falco, network: internal}, for: 30s}",
      .at("16:10", .conflict, "cut")),
    BrokenLine(
      17, "  - {when: manger sees falco down, fault: vm.freeze, target: {vm: web}, for: 30s}",
      .at("17:12", .absent, "manager")),
    BrokenLine(
      17, "  - {when: manager sees flaco down, fault: vm.freeze, target: {vm: web}, for: 30s}",
      .at("17:25", .absent, "falco")),
    BrokenLine(
      17, "  - {when: manager sees falco dwon, fault: vm.freeze, target: {vm: wbe}, for: 30s}",
      .at("17:31", .unknown, "down"), .at("17:68", .absent, "web")),
    BrokenLine(
      17, "  - {when: manager see falco down, fault: vm.freeze, target: {vm: web}, for: 30s}",
      .at("17:20", .value, "sees")),
    BrokenLine(18, "recovery: {stable: 20m, cap: 10m}", .at("18:30", .conflict)),
    BrokenLine(18, "recovery: {stable: 10s, no_progress: 3m}", .at("18:25", .unknown, "no-progress")),
    BrokenLine(20, "  website.downtime: max 60", .at("20:25", .value, "max 60s")),
    BrokenLine(20, "  website.downtime: 60s", .at("20:21", .value, "max 60s")),
    BrokenLine(20, "  website.downtime: > 60s", .at("20:21", .syntax)),
    BrokenLine(20, "  website.downtime: < 60s", .at("20:21", .value, "max")),
    BrokenLine(20, "  website.downtime: maks 60s", .at("20:21", .unknown)),
    BrokenLine(20, "  website.downtme: max 60s", .at("20:11", .unknown, "downtime")),
    BrokenLine(20, "  websit.downtime: max 60s", .at("20:3", .absent, "website")),
    BrokenLine(20, "  website.lost: max 0", .at("20:3", .unfit)),
    BrokenLine(20, "  downtime: max 60s", .at("20:3", .unfit, "website.downtime")),
    BrokenLine(20, "  website: max 60s", .at("20:3", .missing, "website.METRIC")),
    BrokenLine(20, "  \"website.downtme\": max 60s", .at("20:12", .unknown, "downtime")),
    BrokenLine(21, "  writes.lost: max 10s", .at("21:20", .value)),
    BrokenLine(22, "  gateway.downtime: max 60s", .at("22:3", .unwatched)),
    BrokenLine(24, "  website.residue: max 0", .at("24:3", .unfit, "residue")),
    BrokenLine(26, "  - {when: hosts-down >= 1, then: abort}", .at("26:23", .value, ">")),
    BrokenLine(26, "  - {when: hosts-down > 1s, then: abort}", .at("26:25", .value)),
    BrokenLine(26, "  - {when: host-down > 1, then: abort}", .at("26:12", .unknown, "hosts-down")),
    BrokenLine(26, "  - {when: hosts-down > 1}", .at("26:5", .missing, "then")),
    BrokenLine(26, "  - {when: hosts-down > 1, then: stop}", .at("26:34", .unknown)),
    BrokenLine(27, "  - {when: website down > 300, then: abort}", .at("27:27", .value, "300s")),
    BrokenLine(28, "trials: 0", .at("28:9", .value)),
    BrokenLine(28, "trials: 0o3", .at("28:9", .type)),
    BrokenLine(28, "trails: 3", .at("28:1", .unknown, "trials")),
    BrokenLine(29, "beyond-quorum: yes", .at("29:16", .type)),
    BrokenLine(29, "beyond_quorum: true", .at("29:1", .unknown, "beyond-quorum")),
    BrokenLine(29, "<<: {a: b}", .at("29:1", .syntax)),
    BrokenLine(30, "shorter-fault: yes", .at("30:16", .unknown)),
    BrokenLine(30, "shorter-fault: count", .at("30:16", .unknown, "counts")),
    BrokenLine(30, "shorter-faults: counts", .at("30:1", .unknown, "shorter-fault")),
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

  /// Whether only a fleet shows the mistake: it has the names, and the kinds of the probes.
  private func needsFleet(_ found: Diagnostic, _ broken: BrokenLine) -> Bool {
    found.kind == .absent || found.kind == .unfit && broken.text.contains("website.lost")
  }

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
    let needed = known.filter { !needsFleet($0, broken) }
    #expect(Set(places(needed)).subtracting(places(alone)).isEmpty, "\(alone)")
    #expect(Set(places(alone)).subtracting(places(known)).isEmpty, "\(alone)")
    #expect(alone.allSatisfy { $0.kind != .absent }, "\(alone)")
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
      BrokenLine(20, "  websit.downtime: max 60s", .at("20:3", .unwatched)),
      BrokenLine(
        20, "  manager.downtime: max 60s", .at("20:3", .unfit, "manager")),
      BrokenLine(20, "  website.time-to-fail-over: max 60s", .at("20:3", .unfit, "website")),
      BrokenLine(20, "  db.time-to-fail-over: max 60s"),
      BrokenLine(20, "  website.split-brain: max 0", .at("20:3", .unfit, "website")),
      BrokenLine(20, "  website: max 60s", .at("20:3", .missing)),
      BrokenLine(7, "  views: []", .at("17:12", .unwatched), .at("22:3", .unwatched)),
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
