import Files
import Foundation
import Scenario
import Testing

/// Whole texts that are not a fleet.
struct BrokenText: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var text: String
  var expected: BrokenLine

  init(_ description: String, _ text: String, _ expected: ExpectedFinding...) {
    testDescription = description
    self.text = text
    self.expected = BrokenLine(0, "")
    self.expected.expected = expected
  }
}

@Suite struct MalformedTextTests {
  static let texts: [BrokenText] = [
    BrokenText("empty", "", .at("1:1", .otherFile)),
    BrokenText("comments alone", "# a fleet\n# to be\n", .at("1:1", .otherFile)),
    BrokenText("a mark alone", "---\n", .at("2:1", .otherFile)),
    BrokenText("null", "~\n", .at("1:1", .otherFile)),
    BrokenText("a word", "fleet\n", .at("1:1", .otherFile, "fleet")),
    BrokenText("a list", "- fleet: lab\n", .at("1:1", .otherFile)),
    BrokenText("a scenario", exampleScenario, .at("1:1", .otherFile)),
    BrokenText("a key that is a list", labFleet + "? [a]\n: 1\n", .at("26:3", .syntax)),
    BrokenText("a control character", labFleet + "# \u{7}\n", .at("26:3", .syntax)),
    BrokenText("a NUL", "fleet: a\0b\n", .at("1:9", .syntax)),
    BrokenText("a line separator", "fleet: a\u{2028}b\n", .at("1:9", .syntax)),
    BrokenText(
      "an undefined alias", labFleet + "other: *nowhere\n", .at("26:1", .unknown), .at("26:8", .syntax)),
    BrokenText("a directive of another YAML", "%YAML 9.0\n---\n" + labFleet, .at("1:1", .syntax)),
    BrokenText(
      "deep nesting", "fleet: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
      .at("1:1", .missing, "hosts"), .at("1:1", .missing, "quorum"), .at("1:8", .type),
      .at("1:23", .syntax)),
    BrokenText(
      "bottomless nesting", "fleet: " + String(repeating: "[", count: 500_000),
      .at("1:9", .syntax)),
    BrokenText(
      "Windows line ends", "fleet: lab\r\nquorun: 2\r\nhosts: {}\r\n", .at("2:1", .unknown, "quorum"),
      .at("3:8", .missing)),
    BrokenText(
      "a byte order mark", "\u{FEFF}fleeet: lab\nquorum: 1\nhosts: {}\n", .at("1:1", .unknown, "fleet"),
      .at("3:8", .missing)),
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
      .at("2:9", .type, "two"), .at("4:12", .value),
      .at("4:24", .absent, "internal"),
      .at("5:3", .duplicate), .at("7:15", .value), .at("7:31", .value, "5s"), .at("7:34", .duplicate),
      .at("8:3", .duplicate),
      .at("9:1", .unknown, "views")),
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
    // 30 anchors, and three aliases of each but the last.
    #expect(found.count { $0.kind == .syntax } == 30 + 29 * 3)
  }

  @Test("A file larger than 1 MiB is refused")
  func refusesWhatIsTooLarge() throws {
    let found = try refusal {
      _ = try FleetFile.parse(text: labFleet + String(repeating: "#", count: 1 << 20), file: "fleet.yaml")
    }
    #expect(found.map(\.kind) == [.unreadable] && places(found) == ["0:0"])
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
    #expect(found.map(\.kind) == [.conflict, .conflict, .conflict, .conflict, .value, .value], "\(found)")
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
    #expect(found.map(\.kind) == [.absent, .absent])
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
    #expect(folder.first?.code == EISDIR && folder.first?.kind == .unreadable)
    let device = try refusal { _ = try FleetFile.read(path: "/dev/null") }
    #expect(device.map(\.kind) == [.unreadable] && device.first?.code == nil)
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
    #expect(found.map(\.kind) == [.unreadable])
    try Data((exampleFleet + String(repeating: "#\n", count: 1 << 19)).utf8).write(to: URL(filePath: path))
    let large = try refusal { _ = try FleetFile.read(path: path) }
    #expect(large.map(\.kind) == [.unreadable] && places(large) == ["0:0"])
    try Data(exampleFleet.utf8).write(to: URL(filePath: path))
    #expect(try FleetFile.read(path: path).value.name == "tdf")
    #expect(try FileKind.detect(path: path) == .fleet)
  }
}
