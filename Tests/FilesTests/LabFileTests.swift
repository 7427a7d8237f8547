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
      internal: {rate: 100mbit}
      external: {delay: 2ms}
    acknowledge-before-sync: true

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
    expected.serviceNetwork.delay = .milliseconds(2)
    expected.acknowledgesBeforeSync = true
    #expect(try LabFile.parse(text: Self.good, file: "lab.yaml").value == expected)
    #expect(try LabFile.parse(text: "lab: plain\n", file: "lab.yaml").value == LabOptions(name: "plain"))
    #expect(FileKind.detect(text: Self.good) == .lab)
  }

  private static let lines: [BrokenLine] = [
    BrokenLine(1, "labb: heal-study", ("1:1", "did you mean 'lab'?")),
    BrokenLine(1, "lab: no", ("1:6", "YAML 1.1 reads as false")),
    BrokenLine(1, "lab: heal study", ("1:6", "did you mean 'heal-study'?")),
    BrokenLine(2, "bricks: ext4", ("2:9", "unknown 'ext4': expected folder or xfs")),
    BrokenLine(2, "brick: xfs", ("2:1", "did you mean 'bricks'?")),
    BrokenLine(3, "heal-threads: 0", ("3:15", "from 1 to 64")),
    BrokenLine(3, "heal-threads: \"1\"", ("3:15", "remove the quotes")),
    BrokenLine(4, "background-heals: 257", ("4:19", "from 0 to 256")),
    BrokenLine(5, "fencing: off", ("5:10", "unknown 'off': expected none, onoff or cycle")),
    BrokenLine(5, "fencing: onof", ("5:10", "did you mean 'onoff'?")),
    BrokenLine(6, "monitoring: prometheus", ("6:13", "a list")),
    BrokenLine(6, "monitoring: [snmp, snmp]", ("6:20", "'snmp' is written twice")),
    BrokenLine(6, "monitoring: [snmp, sms]", ("6:20", "'sms' needs 'prometheus'")),
    BrokenLine(6, "monitoring: [zabbix]", ("6:14", "unknown 'zabbix'")),
    BrokenLine(8, "  internal: {rate: 100}", ("8:20", "did you mean '100mbit'?")),
    BrokenLine(8, "  internal: {rate: 100 MB}", ("8:20", "expected a rate such as 100mbit")),
    BrokenLine(8, "  internal: {rate: 1kbit}", ("8:20", "1mbit to 10gbit")),
    BrokenLine(8, "  internal: {speed: 1gbit}", ("8:14", "unknown key 'speed'")),
    BrokenLine(8, "  intern: {rate: 1gbit}", ("8:3", "did you mean 'internal'?")),
    BrokenLine(9, "  external: {delay: 2}", ("9:21", "needs its unit")),
    BrokenLine(9, "  external: {delay: 2s}", ("9:21", "1us to 1s")),
    BrokenLine(9, "  external: {delay: 0s}", ("9:21", "more than zero")),
    BrokenLine(10, "acknowledge-before-sync: yes", ("10:26", "YAML 1.1 reads as true")),
  ]

  @Test("A broken line of a lab's spec file is refused with its place", arguments: lines)
  func refusesBrokenLine(_ broken: BrokenLine) throws {
    broken.expect(
      try refusal {
        _ = try LabFile.parse(
          text: text(Self.good, line: broken.line, replacedBy: broken.text), file: "lab.yaml")
      })
  }

  @Test("A scenario in place of a lab's spec is refused with its place")
  func refusesOtherKind() throws {
    let found = try refusal { _ = try LabFile.parse(text: exampleScenario, file: "lab.yaml") }
    #expect(places(found) == ["1:1"])
    #expect(found.first?.message == "this file is a scenario, not a lab")
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
      // A schema gets values, not the text that YAML reads as another value.
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
