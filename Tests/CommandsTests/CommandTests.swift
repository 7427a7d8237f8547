import Faults
import FoundationEssentials
import Glibc
import Linux
import Notify
import Probes
import Scenario
import Testing
import Views

/// The interface for scripts: exit codes, data on stdout, messages on stderr.
@Suite struct CommandTests {
  private let fleet = """
    fleet: tdf
    networks:
      external: {role: service, cidr: 10.77.2.0/24}
    hosts:
      falco: {ssh: root@falco.invalid, links: {external: eth0}}
    quorum: 1
    probes:
      website: {http: "http://10.77.2.101/", every: 1s}

    """
  private let scenario = """
    scenario: unplug
    title: One host loses every cable
    steady: {for: 10s, probes: [website]}
    timeline:
      - {at: 0s, fault: host.unplug, target: {host: falco}, for: 90s}
    recovery: {stable: 10s, no-progress: 5m, cap: 30m}
    objectives: {website.downtime: max 60s}

    """

  /// The repository.
  private static let root =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

  private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for (name, text) in files { try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
      try body(folder)
    }
  }

  @Test(
    "Help and version are printed to stdout with exit code 0",
    arguments: [
      ["--help"], ["run", "--help"], ["hold", "--help"], ["release", "--help"], ["help", "check"],
      ["lab", "up", "--help"], ["--version"], [],
    ])
  func helpAndVersionAreAskedFor(_ arguments: [String]) throws {
    let outcome = try MurphyProgram.run(arguments)
    #expect(outcome.code == 0)
    #expect(!outcome.output.isEmpty)
    #expect(outcome.errors == "")
  }

  @Test(
    "Arguments that can't be parsed print the usage and exit with 2",
    arguments: [
      ["unplug"], ["run"], ["check"], ["check", "--nonsense", "x"], ["schema", "nothing"],
      ["lab", "nowhere"],
      ["doctor", "--as", "friend"],
      ["run", "x.yaml", "--ab", "a"], ["run", "x.yaml", "--ab", "a", "a", "--factor", "f"],
      ["run", "x.yaml", "--ab", "a", "b"], ["run", "x.yaml", "--factor", "f"],
      ["run", "x.yaml", "--ab", "a", "b", "--factor", "f", "--a-setup", "true"],
      ["run", "x.yaml", "--ab", "a", "b", "--factor", "f", "--trials", "4"],
      ["run", "x.yaml", "--ab", "a", "b", "--factor", "f", "--blocks", "0"],
      ["run", "x.yaml", "--resume", "reports/x"], ["plan", "x.yaml", "--blocks", "2"],
      ["run", "x.yaml", "--trials", "0"], ["run", "x.yaml", "--trials", "many"],
    ])
  func whatIsNotUnderstoodIsBadInput(_ arguments: [String]) throws {
    let outcome = try MurphyProgram.run(arguments)
    #expect(outcome.code == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("Error: "))
    #expect(outcome.errors.contains("Usage: "))
  }

  @Test(
    "An unknown command is named with the nearest one",
    arguments: [
      (["plann", "x.yaml"], "unknown command 'plann': did you mean 'plan'?", "murphy"),
      (["lab", "statis"], "unknown command 'lab statis': did you mean 'status'?", "murphy lab"),
      (["help", "chek"], "unknown command 'chek': did you mean 'check'?", "murphy"),
      (
        ["lab", "zzzzzz", "x"],
        "unknown command 'lab zzzzzz': expected up, down, status, exec, power or specs", "murphy lab"
      ),
    ])
  func unknownCommand(_ arguments: [String], _ words: String, _ command: String) throws {
    let outcome = try MurphyProgram.run(arguments)
    #expect(outcome.code == 2)
    #expect(
      outcome.errors == """
        Error: \(words)
        Usage: \(command) <subcommand>
          See '\(command) --help' for more information.

        """)
  }

  @Test("A wrong option of an existing command is named")
  func wrongOption() throws {
    let errors = try MurphyProgram.run(["plan", "x.yaml", "--flet", "y"]).errors
    #expect(errors.contains("'--flet'") && errors.contains("'--fleet'"), "\(errors)")
  }

  // MARK: check

  @Test("check accepts good files, and checks a scenario with the given fleet")
  func goodFilesAreOk() throws {
    try withFiles(["fleet.yaml": fleet, "unplug.yaml": scenario]) { folder in
      let (fleet, scenario) = ("\(folder)/fleet.yaml", "\(folder)/unplug.yaml")
      let together = try MurphyProgram.run(["check", scenario, fleet])
      #expect(together.code == 0, "\(together.errors)")
      #expect(together.output == "\(scenario): ok with fleet tdf (\(fleet))\n\(fleet): ok\n")
      let given = try MurphyProgram.run(["check", scenario, "--fleet", fleet])
      #expect(given.code == 0, "\(given.errors)")
      #expect(given.output == "\(scenario): ok with fleet tdf (\(fleet))\n")
    }
  }

  /// If a lab is running on the machine, its fleet is used; the result must be the same.
  @Test("The scenarios of the repository are ok without a fleet")
  func scenariosOfTheRepository() throws {
    let folder = "\(Self.root)/Scenarios"
    let files = try DurableFile.list(folder).map { "\(folder)/\($0)" }
    try #require(!files.isEmpty)
    let outcome = try MurphyProgram.run(["check"] + files)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == files.count)
    #expect(
      lines.allSatisfy {
        $0.contains(": ok without a fleet; names of hosts") || $0.contains(": ok with fleet ")
      }
    )
  }

  @Test(
    "If several fleets are given, check reads scenarios without a fleet and reports it")
  func severalFleets() throws {
    try withFiles(["a.yaml": fleet, "b.yaml": fleet, "unplug.yaml": scenario]) { folder in
      let files = ["\(folder)/a.yaml", "\(folder)/unplug.yaml", "\(folder)/b.yaml"]
      let outcome = try MurphyProgram.run(["check"] + files)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(
        outcome.output == """
          \(files[0]): ok
          \(files[1]): ok without a fleet; names of hosts, VMs, networks, probes and views were not checked: \
          several fleets are among the files: choose one with --fleet FILE
          \(files[2]): ok

          """)
      let chosen = try MurphyProgram.run(["check"] + files + ["--fleet", files[2]])
      #expect(chosen.code == 0, "\(chosen.errors)")
      #expect(chosen.output.contains("unplug.yaml: ok with fleet tdf (\(files[2]))\n"))
    }
  }

  @Test(
    "If the fleet is broken, check reads the scenario without it and reports it",
    arguments: [["fleet.yaml", "typo.yaml"], ["typo.yaml", "--fleet", "fleet.yaml"]])
  func aScenarioBesideABrokenFleet(_ arguments: [String]) throws {
    let files = [
      "fleet.yaml": fleet + "quorom: 1\n", "typo.yaml": scenario.replacing("downtime", with: "downtme"),
    ]
    try withFiles(files) { folder in
      let outcome = try MurphyProgram.run(
        ["check"] + arguments.map { $0.hasPrefix("-") ? $0 : "\(folder)/\($0)" })
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      let lines = outcome.errors.split(separator: "\n")
      let expected = [
        ("fleet.yaml:9:1: error: ", "'quorum'"), ("typo.yaml:7:22: error: ", "'downtime'"),
        ("typo.yaml: note: ", "\(folder)/fleet.yaml"),
      ]
      #expect(lines.count == expected.count, "\(outcome.errors)")
      for (line, (place, name)) in zip(lines, expected) {
        #expect(line.hasPrefix("\(folder)/\(place)") && line.contains(name), "\(line)")
      }
    }
  }

  @Test("A mistake in a file is reported with line and column")
  func aBrokenFileIsReportedWithLineAndColumn() throws {
    let broken = scenario.replacing("host.unplug", with: "host.unplugg").replacing(
      "for: 90s", with: "for: 90")
    try withFiles(["fleet.yaml": fleet, "broken.yaml": broken]) { folder in
      let outcome = try MurphyProgram.run(["check", "\(folder)/fleet.yaml", "\(folder)/broken.yaml"])
      #expect(outcome.code == 2)
      #expect(outcome.output == "", "stdout is data, and there is none")
      let lines = outcome.errors.split(separator: "\n").filter { $0.contains(": error: ") }
      #expect(lines.count == 2, "all mistakes at once: \(outcome.errors)")
      #expect(lines.first?.hasPrefix("\(folder)/broken.yaml:5:21: error: ") == true)
      #expect(outcome.errors.contains("host.unplug'"), "the nearest name is suggested: \(outcome.errors)")
    }
  }

  @Test("A missing file is bad input")
  func aFileThatIsNotThereIsBadInput() throws {
    let outcome = try MurphyProgram.run(["check", "/nowhere/at-all.yaml"])
    #expect(outcome.code == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("/nowhere/at-all.yaml: error: "))
  }

  @Test("A folder instead of a file is named with the next step")
  func aFolder() throws {
    let outcome = try MurphyProgram.run(["check", "/tmp"])
    #expect(outcome.code == 2)
    #expect(outcome.errors.hasPrefix("/tmp: error: ") && outcome.errors.contains("errno \(EISDIR)"))
  }

  @Test("For a wrong file name the nearest one is shown, or the files of the folder")
  func aWrongName() throws {
    let scenarios = "\(Self.root)/Scenarios"
    let outcome = try MurphyProgram.run(["check", "\(scenarios)/freze.yaml"])
    #expect(outcome.code == 2)
    #expect(
      outcome.errors.contains("(errno 2): did you mean '") && outcome.errors.contains("/freeze-vm.yaml'?"),
      "\(outcome.errors)")
    try withFiles(["fleet.yaml": StandInSSH.fleet, "lock.yaml": "", "notes.txt": ""]) { folder in
      for (name, words) in [
        ("flet.yaml", ": did you mean '\(folder)/fleet.yaml'?\n"),
        ("zebra.yaml", "; the folder \(folder)/ has fleet.yaml, lock.yaml\n"),
        ("none/x.yaml", "; there is no folder \(folder)/none/\n"),
      ] {
        for command in [["check"], ["run", "--fleet", "\(folder)/fleet.yaml"]] {
          let refused = try MurphyProgram.run(command + ["\(folder)/\(name)"])
          #expect(refused.code == 2 && refused.errors.hasSuffix(words), "\(refused.errors)")
        }
      }
    }
  }

  @Test("A file that is neither a fleet nor a scenario is bad input")
  func aFileOfNeitherKindIsBadInput() throws {
    try withFiles(["list.yaml": "shopping: [milk]\n", "empty.yaml": ""]) { folder in
      for name in ["list.yaml", "empty.yaml"] {
        let outcome = try MurphyProgram.run(["check", "\(folder)/\(name)"])
        #expect(outcome.code == 2)
        #expect(outcome.errors.contains("\(folder)/\(name):1:1: error: "))
        #expect(outcome.errors.contains("murphy init") && outcome.errors.contains("murphy new"))
      }
    }
  }

  // MARK: plan, run, recover

  @Test("A missing fleet file is bad input", arguments: ["plan", "run", "recover", "hold", "release"])
  func aFleetThatIsNotThereIsBadInput(_ command: String) throws {
    try withFiles(["unplug.yaml": scenario]) { folder in
      let scenario = ["plan", "run"].contains(command) ? ["\(folder)/unplug.yaml"] : []
      let outcome = try MurphyProgram.run([command] + scenario + ["--fleet", "\(folder)/missing.yaml"])
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("\(folder)/missing.yaml: error: "))
      #expect(try DurableFile.list(folder) == ["unplug.yaml"], "nothing is written")
    }
  }

  /// The test must pass with any number of running labs. With none or several, a fleet must be given. With exactly one,
  /// its fleet is used, and the scenario's mistake is reported.
  @Test("Without --fleet and without a running lab, the error asks for --fleet", arguments: ["plan", "run"])
  func withoutAFleetOneIsAskedFor(_ command: String) throws {
    try withFiles(["broken.yaml": "scenario: 7\nnonsense: true\n"]) { folder in
      let outcome = try MurphyProgram.run([command, "\(folder)/broken.yaml"])
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains(": error: "))
      if outcome.errors.hasPrefix("--fleet") { #expect(outcome.errors.contains("give --fleet ")) }
      #expect(try DurableFile.list(folder) == ["broken.yaml"], "nothing is written")
    }
  }

  @Test("A run whose output folder can't be created is refused before anything is done")
  func aRunBelowAFileIsRefusedBeforeAnythingIsDone() throws {
    try withFiles(["fleet.yaml": fleet, "unplug.yaml": scenario, "file": ""]) { folder in
      let outcome = try MurphyProgram.run([
        "run", "\(folder)/unplug.yaml", "--fleet", "\(folder)/fleet.yaml", "--out", "\(folder)/file/reports",
      ])
      #expect(outcome.code == 3)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("--out"))
    }
  }

  @Test("A mistake in a lab's spec file is reported with line and column, and no lab is started")
  func aMistakeInALabsSpec() throws {
    try withFiles(["lab.yaml": "lab: mine\nbricks: ext4\n"]) { folder in
      let line = "\(folder)/lab.yaml:2:9: error: bricks: unknown 'ext4': expected folder or xfs\n"
      for arguments in [["lab", "up", "--name", "refused", "--spec"], ["check"]] {
        let outcome = try MurphyProgram.run(arguments + ["\(folder)/lab.yaml"])
        #expect(outcome.code == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors == line)
      }
    }
  }

  // MARK: What is known without a fleet

  @Test("A schema is printed as JSON", arguments: ["fleet", "scenario", "lab"])
  func aSchemaIsJSON(_ kind: String) throws {
    struct Schema: Decodable {
      var type: String
      var properties: [String: Anything]
      struct Anything: Decodable { init(from decoder: any Decoder) throws {} }
    }
    let outcome = try MurphyProgram.run(["schema", kind])
    #expect(outcome.code == 0)
    #expect(outcome.errors == "")
    let schema = try JSONDecoder().decode(Schema.self, from: Data(outcome.output.utf8))
    #expect(schema.type == "object")
    #expect(schema.properties.keys.contains(kind))
  }

  @Test("metrics lists every metric and condition, for people and for scripts")
  func theMetricsAreListed() throws {
    let words = try MurphyProgram.run(["metrics"])
    #expect(words.code == 0 && words.errors == "")
    let outcome = try MurphyProgram.run(["metrics", "--json"])
    #expect(outcome.code == 0 && outcome.errors == "")
    let reference = try JSONDecoder().decode(Reference.self, from: Data(outcome.output.utf8))
    #expect(reference.metrics.map(\.name) == Metric.allCases.map(\.rawValue))
    for name in reference.metrics.map(\.name) + reference.conditions.map(\.form) {
      #expect(words.output.contains("  \(name)"), "\(name)")
    }
    #expect(reference.relations.map(\.form) == ["max LIMIT", "min LIMIT", "exactly LIMIT"])
  }

  @Test("README's table of faults equals the catalogue; GOLDEN=write writes it")
  func readmeHasTheFaults() throws {
    let readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    let head = "| fault | what happens | its own keys |"
    let table =
      [head, "|---|---|---|"]
      + Catalogue.builtIn.descriptions.map { fault in
        let keys = fault.parameters.map { "`\($0.name): \($0.form.words.replacing("|", with: "\\|"))`" }
        return "| `\(fault.name)` | \(fault.summary) | \(keys.joined(separator: ", ")) |"
      }
    let text = table.joined(separator: "\n")
    if ProcessInfo.processInfo.environment["GOLDEN"] == "write" {
      var lines = readme.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let begin = try #require(lines.firstIndex(of: head))
      let end = try #require(lines[begin...].firstIndex(of: ""))
      lines.replaceSubrange(begin..<end, with: table)
      try DurableFile.write(Array(lines.joined(separator: "\n").utf8), to: "\(Self.root)/README.md")
      return
    }
    #expect(readme.contains("\n\(text)\n\n"), "README lacks this table:\n\(text)")
  }

  @Test("README's policy has a key for every kind of resource", arguments: Resource.Kind.allCases)
  func readmeHasThePolicyKeys(kind: Resource.Kind) throws {
    let readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    #expect(readme.contains("\"\(kind.policyKey)\""), "\(kind.policyKey)")
  }

  /// GOLDEN=write writes README's table of metrics.
  @Test("README's tables of metrics and conditions are those of murphy metrics --json")
  func readmeHasTheTables() throws {
    let outcome = try MurphyProgram.run(["metrics", "--json"])
    let reference = try JSONDecoder().decode(Reference.self, from: Data(outcome.output.utf8))
    var readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    // A bar inside a cell would end the cell.
    func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
    let tables = [
      ["| metric | unit | of | definition |", "|---|---|---|---|"]
        + reference.metrics.map { "| `\($0.name)` | \($0.unit) | \($0.subject) | \($0.definition) |" },
      ["| condition | it is true when | example |", "|---|---|---|"]
        + reference.conditions.map { "| `\(cell($0.form))` | \($0.definition) | `\($0.example)` |" },
    ]
    if getenv("GOLDEN").map({ String(cString: $0) }) == "write" {
      let begin = try #require(readme.firstRange(of: "\n\(tables[0][0])\n"))
      let end = try #require(readme[begin.upperBound...].firstRange(of: "\n\n"))
      let text = "\n" + tables[0].joined(separator: "\n") + "\n\n"
      readme.replaceSubrange(begin.lowerBound..<end.upperBound, with: text)
      try DurableFile.write(Array(readme.utf8), to: "\(Self.root)/README.md")
    }
    for table in tables {
      let text = table.joined(separator: "\n")
      let isThere = readme.contains("\n\(text)\n\n")
      #expect(isThere, "README lacks this table:\n\(text)")
    }
  }

  @Test("README's table of probes has every kind, and README has every key of the kinds")
  func kindsOfProbes() throws {
    let readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    for kind in Probes.all {
      #expect(readme.contains("\n| `\(kind.key.rawValue): "))
      for option in kind.options { #expect(readme.contains("`\(option.name): ")) }
    }
  }

  @Test("README's table of views has every kind", arguments: Views.all.map(\.key))
  func kindsOfViews(_ kind: String) throws {
    let readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    #expect(readme.contains("\n| `\(kind): "))
  }

  @Test("README's table of channels has every kind, and its example of a schedule has one of each")
  func kindsOfChannels() throws {
    let readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    for kind in Channels.all {
      #expect(readme.contains("\n| `\(kind.key)` | "), "README's table of channels lacks \(kind.key)")
      #expect(readme.contains(": {\(kind.key): "), "README's example of 'notify' lacks \(kind.key)")
    }
  }

  @Test("README's fleet and scenario pass check together, and its policy is one")
  func readmesFilesAreGood() throws {
    let readme = String(decoding: try DurableFile.read("\(Self.root)/README.md"), as: UTF8.self)
    /// The indented block that begins with a line, up to the next line that isn't indented.
    func block(_ first: String) throws -> String {
      let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
      guard let begin = lines.firstIndex(of: "    \(first)") else { throw BlockMissing(first: first) }
      return lines[begin...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) + "\n" }.joined()
    }
    try withFiles(["fleet.yaml": try block("# fleet.yaml"), "s.yaml": try block("# lose-internal.yaml")]) {
      folder in
      let files = ["\(folder)/fleet.yaml", "\(folder)/s.yaml"]
      let outcome = try MurphyProgram.run(["check"] + files)
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
      #expect(outcome.output.contains("s.yaml: ok with fleet ours"))
    }
    struct Policy: Decodable {
      var faults: [String]
      var links: [String]
      var domains: [String]
    }
    let policy = try JSONDecoder().decode(Policy.self, from: Data(try block("{").utf8))
    #expect(policy.faults.count == 4)
  }

  /// README has no block with this beginning.
  private struct BlockMissing: Error { var first: String }

  private struct Reference: Decodable {
    struct Metric: Decodable {
      var name: String
      var unit: String
      var subject: String
      var definition: String
    }
    struct Condition: Decodable {
      var form: String
      var definition: String
      var example: String
    }
    struct Relation: Decodable { var form: String }
    var metrics: [Metric]
    var conditions: [Condition]
    var relations: [Relation]
  }

  @Test("Every fault is listed with its targets and parameters")
  func theFaultsAreListed() throws {
    let outcome = try MurphyProgram.run(["faults"])
    #expect(outcome.code == 0)
    #expect(outcome.errors == "")
    for fault in Catalogue.builtIn.descriptions {
      #expect(outcome.output.split(separator: "\n").contains { $0 == fault.name })
    }
    #expect(outcome.output.contains("\n  target: {host: NAME, network: NETWORK}; "))
    #expect(outcome.output.contains("\n  target: {vm: NAME}\n"))
    #expect(outcome.output.contains("mode: pause | hang, default pause"))
  }
}
