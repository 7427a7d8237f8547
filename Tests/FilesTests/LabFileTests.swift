import Scenario
import Testing

@testable import Files

@Suite struct LabFileTests {
  private static let good = """
    lab: heal-study
    bricks: xfs
    heal-threads: 1
    background-heals: 0
    fencing: onoff
    monitoring: [prometheus, snmp, sms]
    networks:
      internal: {rate: 100mbit, links: 2}
      external: {delay: 2ms}
    acknowledge-before-sync: true
    noisy-guest: limited
    alertmanager: machine

    """

  @Test("A lab's spec file is read with all of its options, and has defaults for the rest")
  func reads() throws {
    var expected = LabOptions(name: "heal-study")
    expected.bricks = .xfs
    expected.healThreads = 1
    expected.backgroundHeals = 0
    expected.fencing = .onoff
    expected.monitoring = [.prometheus, .snmp, .sms]
    expected.storageNetwork.rate = 100_000_000
    expected.storageLinks = 2
    expected.serviceNetwork.delay = .milliseconds(2)
    expected.acknowledgesBeforeSync = true
    expected.noisyGuest = .limited
    #expect(try LabFile.parse(text: Self.good, file: "lab.yaml").value == expected)
    #expect(try LabFile.parse(text: "lab: plain\n", file: "lab.yaml").value == LabOptions(name: "plain"))
    #expect(FileKind.detect(text: Self.good) == .lab)
  }

  @Test("Alertmanager in a guest is read, and refused with its place if nothing sends it alerts")
  func alertmanagerInGuest() throws {
    let good = "lab: mine\nmonitoring: [prometheus]\nalertmanager: guest\n"
    #expect(try LabFile.parse(text: good, file: "lab.yaml").value.alertmanager == .guest)
    let found = try refusal {
      _ = try LabFile.parse(text: "lab: mine\nmonitoring: [snmp]\nalertmanager: guest\n", file: "lab.yaml")
    }
    #expect(places(found) == ["3:15"] && found.map(\.kind) == [.conflict])
  }

  private static let lines: [BrokenLine] = [
    BrokenLine(1, "labb: heal-study", .at("1:1", .unknown, "lab")),
    BrokenLine(1, "lab: no", .at("1:6", .type)),
    BrokenLine(1, "lab: heal study", .at("1:6", .value, "heal-study")),
    BrokenLine(2, "bricks: ext4", .at("2:9", .unknown, "ext4")),
    BrokenLine(2, "platform: plan", .at("2:11", .unknown, "plain")),
    BrokenLine(2, "brick: xfs", .at("2:1", .unknown, "bricks")),
    BrokenLine(3, "heal-threads: 0", .at("3:15", .value)),
    BrokenLine(3, "heal-threads: \"1\"", .at("3:15", .type)),
    BrokenLine(4, "background-heals: 257", .at("4:19", .value)),
    BrokenLine(5, "fencing: off", .at("5:10", .unknown, "off")),
    BrokenLine(5, "fencing: onof", .at("5:10", .unknown, "onoff")),
    BrokenLine(6, "monitoring: prometheus", .at("6:13", .type)),
    BrokenLine(6, "monitoring: [snmp, snmp]", .at("6:20", .duplicate, "snmp")),
    BrokenLine(6, "monitoring: [snmp, sms]", .at("6:20", .conflict, "sms")),
    BrokenLine(6, "monitoring: [zabbix]", .at("6:14", .unknown, "zabbix")),
    BrokenLine(8, "  internal: {rate: 100}", .at("8:20", .value, "100mbit")),
    BrokenLine(8, "  internal: {rate: 100 MB}", .at("8:20", .value)),
    BrokenLine(8, "  internal: {rate: 1kbit}", .at("8:20", .value)),
    BrokenLine(8, "  internal: {speed: 1gbit}", .at("8:14", .unknown, "speed")),
    BrokenLine(8, "  internal: {links: 0}", .at("8:21", .value)),
    BrokenLine(8, "  internal: {links: 5}", .at("8:21", .value)),
    BrokenLine(8, "  internal: {links: two}", .at("8:21", .type)),
    BrokenLine(9, "  external: {links: 2}", .at("9:14", .unknown, "links")),
    BrokenLine(8, "  intern: {rate: 1gbit}", .at("8:3", .unknown, "internal")),
    BrokenLine(9, "  external: {delay: 2}", .at("9:21", .value)),
    BrokenLine(9, "  external: {delay: 2s}", .at("9:21", .value)),
    BrokenLine(9, "  external: {delay: 0s}", .at("9:21", .value)),
    BrokenLine(10, "acknowledge-before-sync: yes", .at("10:26", .type)),
    BrokenLine(11, "noisy-guest: limitd", .at("11:14", .unknown, "limited")),
    BrokenLine(11, "noisy-guest: [free]", .at("11:14", .type)),
    BrokenLine(12, "alertmanager: host", .at("12:15", .unknown)),
    BrokenLine(12, "alertmanagers: guest", .at("12:1", .unknown, "alertmanager")),
    BrokenLine(11, "noisy-guests: free", .at("11:1", .unknown, "noisy-guest")),
  ]

  @Test("A broken line of a lab's spec file is refused with its place", arguments: lines)
  func refusesBrokenLine(_ broken: BrokenLine) throws {
    broken.expect(
      try refusal {
        _ = try LabFile.parse(
          text: text(Self.good, line: broken.line, replacedBy: broken.text), file: "lab.yaml")
      })
  }

  @Test("A plain platform is read, and refuses the options of a cluster with their places")
  func plain() throws {
    var expected = LabOptions(name: "alone")
    expected.platform = .plain
    expected.serviceNetwork.rate = 1_000_000_000
    let good = "lab: alone\nplatform: plain\nnetworks: {external: {rate: 1gbit}}\n"
    #expect(try LabFile.parse(text: good, file: "lab.yaml").value == expected)
    expected.platform = .twoPlain
    #expect(
      try LabFile.parse(text: good.replacing("plain", with: "two-plain"), file: "lab.yaml").value == expected)
    let other = try refusal {
      _ = try LabFile.parse(text: "lab: a\nplatform: two-plain\nfencing: onoff\n", file: "lab.yaml")
    }
    #expect(places(other) == ["3:10"] && other.map(\.kind) == [.conflict])
    let bad = """
      lab: alone
      platform: plain
      bricks: xfs
      heal-threads: 2
      background-heals: 1
      fencing: onoff
      monitoring: [snmp]
      networks:
        internal: {rate: 1gbit}
      alertmanager: machine
      noisy-guest: free

      """
    let found = try refusal { _ = try LabFile.parse(text: bad, file: "lab.yaml") }
    #expect(places(found) == ["3:9", "4:15", "5:19", "6:10", "7:13", "9:13", "10:15", "11:14"])
    #expect(found.allSatisfy { $0.kind == .conflict })
  }

  @Test("A scenario in place of a lab's spec is refused with its place")
  func refusesOtherKind() throws {
    let found = try refusal { _ = try LabFile.parse(text: exampleScenario, file: "lab.yaml") }
    #expect(places(found) == ["1:1"])
    #expect(found.map(\.kind) == [.otherFile])
  }

  @Test(
    "The schema of a lab's spec refuses the files that the parser refuses",
    .enabled("python3 has no jsonschema package: python3 -m pip install jsonschema") {
      SchemaValidator.isPossible
    })
  func schemaAgreesWithTheParser() throws {
    var instances = [try #require(SchemaValidator.json(Self.good))]
    var names: [String] = []
    for broken in Self.lines {
      let text = text(Self.good, line: broken.line, replacedBy: broken.text)
      let found = try refusal { _ = try LabFile.parse(text: text, file: "") }
      // The schema checks values. What the parser refuses because of its text, such as a bare `off`, is a valid value.
      let isStructural = found.contains { $0.stage == .form && !$0.message.contains("YAML 1.1 reads") }
      guard isStructural, let json = SchemaValidator.json(text) else { continue }
      instances.append(json)
      names.append(broken.testDescription)
    }
    #expect(names.count > 10)
    let verdicts = try SchemaValidator.verdicts(LabFile.schema(), instances)
    try #require(verdicts.count == instances.count)
    #expect(verdicts[0])
    for (name, verdict) in zip(names, verdicts.dropFirst()) { #expect(!verdict, "accepted: \(name)") }
  }
}
