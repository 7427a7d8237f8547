import Files
import Foundation
import Scenario
import Testing

/// Whole texts that are not a fleet.
struct BrokenText: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var text: String
  var expected: BrokenLine

  init(_ description: String, _ text: String, _ expected: (String, String)...) {
    testDescription = description
    self.text = text
    self.expected = BrokenLine(0, "")
    self.expected.expected = expected.map { (place: $0.0, word: $0.1) }
  }
}

@Suite struct MalformedTextTests {
  static let texts: [BrokenText] = [
    BrokenText("empty", "", ("1:1", "is empty")),
    BrokenText("comments alone", "# a fleet\n# to be\n", ("1:1", "is empty")),
    BrokenText("a mark alone", "---\n", ("2:1", "is empty")),
    BrokenText("null", "~\n", ("1:1", "is empty")),
    BrokenText("a word", "fleet\n", ("1:1", "expected the keys of a fleet, found 'fleet'")),
    BrokenText("a list", "- fleet: lab\n", ("1:1", "found a list")),
    BrokenText("a scenario", exampleScenario, ("1:1", "is a scenario, not a fleet")),
    BrokenText("a key that is a list", labFleet + "? [a]\n: 1\n", ("26:3", "a key must be a word")),
    BrokenText("a control character", labFleet + "# \u{7}\n", ("26:3", "control character U+0007")),
    BrokenText("a NUL", "fleet: a\0b\n", ("1:9", "control character U+0000")),
    BrokenText("a line separator", "fleet: a\u{2028}b\n", ("1:9", "U+2028")),
    BrokenText(
      "an undefined alias", labFleet + "other: *nowhere\n", ("26:1", "unknown key"), ("26:8", "aliases")),
    BrokenText("a directive of another YAML", "%YAML 9.0\n---\n" + labFleet, ("1:1", "incompatible")),
    BrokenText(
      "deep nesting", "fleet: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
      ("1:1", "'hosts' is missing"), ("1:1", "'quorum' is missing"), ("1:8", "found a list"),
      ("1:23", "nested deeper than 16")),
    BrokenText(
      "bottomless nesting", "fleet: " + String(repeating: "[", count: 500_000),
      ("1:9", "nested deeper than 16")),
    BrokenText(
      "Windows line ends", "fleet: lab\r\nquorun: 2\r\nhosts: {}\r\n", ("2:1", "'quorum'"),
      ("3:8", "at least")),
    BrokenText(
      "a byte order mark", "\u{FEFF}fleeet: lab\nquorum: 1\nhosts: {}\n", ("1:1", "'fleet'"),
      ("3:8", "at least")),
    BrokenText(
      "all mistakes at once",
      """
      fleet: lab
      quorum: two
      hosts:
        a: {ssh: -x, links: {internal: eth0}}
        a: {ssh: root@a, links: {}}
      probes:
        web: {http: nowhere, every: 5, every: 6}
        web: {}
      view: {}
      """,
      ("2:9", "found 'two'"), ("4:12", "as an option"),
      ("4:24", "unknown network 'internal': there is none"),
      ("5:3", "duplicate"), ("7:15", "http://"), ("7:31", "did you mean '5s'?"), ("7:34", "duplicate"),
      ("8:3", "duplicate"),
      ("9:1", "did you mean 'views'?")),
  ]

  @Test("A text that isn't valid strict YAML is refused with its place", arguments: texts)
  func refusesText(_ broken: BrokenText) throws {
    let found = try refusal { _ = try FleetFile.parse(text: broken.text, file: "fleet.yaml") }
    broken.expected.expect(found)
  }

  /// A few lines that expand to 2^29 words, which must never be written out.
  @Test("Aliases that would expand to 2^29 words are refused, and never expanded")
  func refusesAliasesOfAliases() throws {
    let text =
      "a0: &a0 [x, x]\n"
      + (1..<30).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n? *a\($0)\n: 1\n" }.joined()
    let found = try refusal { _ = try FleetFile.parse(text: text, file: "fleet.yaml") }
    #expect(found.count { $0.message.hasPrefix("anchors") } == 30)
    #expect(found.count { $0.message.hasPrefix("aliases") } == 29 * 3)
  }

  @Test("A file larger than 1 MiB is refused")
  func refusesWhatIsTooLarge() throws {
    let found = try refusal {
      _ = try FleetFile.parse(text: labFleet + String(repeating: "#", count: 1 << 20), file: "fleet.yaml")
    }
    #expect(
      found.map(\.description) == [
        "fleet.yaml: error: is larger than 1 MiB, the maximum for a fleet or scenario"
      ])
  }

  @Test("A timeline with circular steps or overlapping faults on one target is refused")
  func refusesTimelinesThatCannotBe() throws {
    let fleet = try lab()
    let found = try refusal {
      _ = try ScenarioFile.parse(
        text: """
          scenario: circles
          steady: {for: 10s, probes: [website]}
          timeline:
            - {name: a, after: c, fault: vm.freeze, target: {vm: web}, for: 1s}
            - {name: b, after: a, fault: vm.freeze, target: {vm: web}, for: 1s}
            - {name: c, after: b, fault: vm.freeze, target: {vm: web}, for: 1s}
            - {name: d, after: a, fault: vm.freeze, target: {vm: web}, for: 1s}
            - {at: 0s, fault: vm.freeze, target: {vm: web}, for: 1h}
            - {at: 1h, fault: vm.freeze, target: {vm: web}, for: 1h}
            - {at: 30m, fault: vm.freeze, target: {vm: web}, for: 1s, mode: hang}
            - {at: 9223372036854775807ns, fault: vm.freeze, target: {vm: web}, for: 2562047h}
          """, file: "s", fleet: fleet, catalogue: catalogue)
    }
    #expect(places(found) == ["4:22", "5:22", "6:22", "10:10", "11:10", "11:75"], "\(found)")
    #expect(found.first?.message.contains("a after c after b after a") == true)
  }

  @Test("A step on a link that its host doesn't have is refused")
  func refusesLinksThatAreNotThere() throws {
    var fleet = try lab()
    fleet.networks.append(.init(name: "spare", role: .migration, cidr: "10.0.0.0/8"))
    let found = try refusal {
      _ = try ScenarioFile.parse(
        text: """
          scenario: links
          steady: {for: 10s, probes: [website]}
          timeline:
            - {at: 0s, fault: link.drop, target: {host: falco, network: spare}, for: 1s}
            - {at: 5s, fault: link.drop, target: {host: any, network: spare}, for: 1s}
            - {at: 9s, fault: link.drop, target: {host-of: web, network: internal}, for: 1s}
          """, file: "s", fleet: fleet, catalogue: catalogue)
    }
    #expect(places(found) == ["4:63", "5:61"], "\(found)")
    #expect(found.first?.message.contains("links on external, internal") == true)
  }
}

@Suite struct UnreadableFileTests {
  @Test("A file that can't be read is refused with the reason")
  func reportsWhyAFileCannotBeRead() throws {
    let missing = try refusal { _ = try FleetFile.read(path: "/nowhere/fleet.yaml") }
    #expect(
      missing.map(\.description)
        == [
          "/nowhere/fleet.yaml: error: can't be read: No such file or directory (errno 2); there is no folder /nowhere/"
        ])
    #expect(missing.first?.code == ENOENT)
    let folder = try refusal { _ = try FleetFile.read(path: "/") }
    #expect(folder.first?.code == EISDIR)
    let device = try refusal { _ = try FleetFile.read(path: "/dev/null") }
    #expect(device.first?.message == "is not a regular file")
  }

  @Test("Bytes that aren't UTF-8 are refused with their place")
  func reportsWhereBytesAreNotUTF8() throws {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "murphy-files-\(UUID().uuidString).yaml"
    ).path
    defer { unlink(path) }
    try Data("fleet: lab\n# gr".utf8 + [0xFC, 0x6E] + "\n".utf8).write(to: URL(filePath: path))
    let found = try refusal { _ = try FleetFile.read(path: path) }
    #expect(places(found) == ["2:5"])
    #expect(found.first?.message.contains("UTF-8") == true)
    try Data((exampleFleet + String(repeating: "#\n", count: 1 << 19)).utf8).write(to: URL(filePath: path))
    #expect(try refusal { _ = try FleetFile.read(path: path) }.first?.message.contains("1 MiB") == true)
    try Data(exampleFleet.utf8).write(to: URL(filePath: path))
    #expect(try FleetFile.read(path: path).value.name == "tdf")
    #expect(try FileKind.detect(path: path) == .fleet)
  }
}
