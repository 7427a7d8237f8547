import AgentProtocol
import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Testing

/// What each command of murphy does with help, mistakes, and an output that can't be written.
@Suite struct EveryCommandTests {
  /// `--experimental-dump-help`, as far as it is read here.
  private struct Dump: Decodable {
    var command: Command

    struct Command: Decodable {
      var commandName: String
      var subcommands: [Command]?

      /// The words of this command and of all below it.
      var paths: [[String]] {
        [[commandName]]
          + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap(\.paths).map {
            [commandName] + $0
          }
      }
    }
  }

  @Test(
    "Each command has help within the terminal's columns, and refuses an unknown option with its usage",
    arguments: [40, 80])
  func helpAndMistakes(columns: Int) throws {
    let terminal = ["COLUMNS": "\(columns)"]
    let text = try MurphyProgram.run(["--experimental-dump-help"]).output
    let paths = try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command.paths
    #expect(paths.contains(["murphy", "schedule", "run-due"]))
    for path in paths {
      let words = path.joined(separator: " ")
      let help = try MurphyProgram.run(path.dropFirst() + ["--help"], environment: terminal)
      #expect(help.code == 0 && help.errors == "", "\(words)")
      #expect(help.output.contains("USAGE: \(words)"))
      #expect(help.output.split(separator: "\n").filter { $0.count > columns } == [], "\(words)")
      let mistake = try MurphyProgram.run(path.dropFirst() + ["--no-such-option"], environment: terminal)
      #expect(mistake.code == 2 && mistake.output == "", "\(words)")
      let usage = mistake.errors.split(separator: "\n").drop { !$0.hasPrefix("Usage: ") }
        .prefix { !$0.hasPrefix("  See ") }
      #expect(usage.first?.hasPrefix("Usage: \(words)") == true && usage.allSatisfy { $0.count <= columns })
    }
  }

  /// A fleet and a scenario in a folder.
  private func withFleet(_ body: (_ folder: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let fleet = """
        fleet: ours
        networks: {external: {role: service, cidr: 10.77.2.0/24}}
        hosts: {falco: {ssh: root@falco.invalid, links: {external: eth0}}}
        quorum: 0
        probes: {website: {http: "http://10.77.2.101/"}}

        """
      let cut = """
        scenario: cut
        steady: {for: 1s, probes: [website]}
        timeline:
          - {at: 0s, fault: host.unplug, target: {host: falco}, for: 5s}
        recovery: {stable: 1s, no-progress: 10s, cap: 20s}

        """
      let schedule = """
        schedule: monthly
        scenario: cut.yaml
        fleet: fleet.yaml
        every: month
        window: {days: [tue], from: "09:00", to: "12:00"}
        timezone: Europe/Vienna

        """
      for (name, text) in [("fleet.yaml", fleet), ("cut.yaml", cut), ("schedule.yaml", schedule)] {
        try DurableFile.write(Array(text.utf8), to: "\(folder)/\(name)")
      }
      try body(folder)
    }
  }

  @Test(
    "An empty path is refused by its name in the usage",
    arguments: [
      ("check |", "<files>"), ("check x --fleet |", "--fleet"), ("plan |", "<scenario>"),
      ("plan x --earlier |", "--earlier"), ("run x --out |", "--out"), ("run --resume |", "--resume"),
      ("new x --out |", "--out"), ("init root@falco --out |", "--out"),
      ("init root@falco --netns |", "--netns"), ("report |", "<folder>"), ("samples |", "<folder>"),
      ("compare |", "<base>"), ("compare x |", "<candidates>"), ("compare x --out |", "--out"),
      ("history --reports |", "--reports"), ("history --out |", "--out"), ("history --index |", "--index"),
      ("history --textfile |", "--textfile"), ("incidents |", "<folders>"),
      ("incidents x --oracles |", "--oracles"), ("ack |", "<folder>"), ("ack x --by |", "--by"),
      ("note x text --by |", "--by"), ("finding x | --severity minor", "<title>"),
      ("sign x --as prepared --key |", "--key"), ("verify x --allowed-signers |", "--allowed-signers"),
      ("evidence x --out |", "--out"), ("hold --fleet |", "--fleet"), ("deploy --agent |", "--agent"),
      ("doctor --fleet |", "--fleet"), ("schedule next |", "<schedule>"),
      ("schedule list |", "<schedules>"), ("schedule install --units |", "--units"),
    ])
  func emptyPath(command: String, name: String) throws {
    let arguments = command.split(separator: " ").map { $0 == "|" ? "" : String($0) }
    let outcome = try MurphyProgram.run(arguments)
    #expect(outcome.code == 2 && outcome.output == "")
    #expect(
      outcome.errors.hasPrefix("Error: \(name) is empty\nUsage: murphy \(arguments[0])"), "\(outcome.errors)")
  }

  @Test("A command without words is refused with the usage of lab exec")
  func noCommandForHost() throws {
    let outcome = try MurphyProgram.run(["lab", "exec", "falco", "--"])
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("\nUsage: murphy lab exec "), "\(outcome.errors)")
  }

  @Test("An option that would have no effect is refused")
  func noEffect() throws {
    let outcome = try MurphyProgram.run(["history", "--fail-on", "watch"])
    #expect(outcome.code == 2 && outcome.errors.hasPrefix("Error: --fail-on needs --check\n"))
  }

  @Test("A folder that doesn't exist, or is a file, is refused for each option that reads it")
  func wrongFolder() throws {
    try withFleet { folder in
      let file = "\(folder)/fleet.yaml"
      let history = try MurphyProgram.run(["history", "--reports", file])
      #expect(history.code == 2 && history.errors.hasPrefix("read \(file): Not a directory (errno 20); "))
      let oracles = try MurphyProgram.run(["incidents", folder, "--oracles", "\(folder)/none"])
      #expect(oracles.code == 2)
      #expect(
        oracles.errors == "--oracles: read \(folder)/none: No such file or directory (errno 2)\n")
    }
  }

  @Test(
    "Keys that can't be read are refused, not taken for a wrong signature", arguments: ["verify", "evidence"])
  func unreadableKeys(command: String) throws {
    try withFleet { folder in
      try DurableFile.write([], to: "\(folder)/events.jsonl")
      let missing = try MurphyProgram.run([command, folder, "--allowed-signers", "\(folder)/none"])
      #expect(missing.code == 2 && missing.output == "")
      #expect(
        missing.errors == "--allowed-signers: open \(folder)/none: No such file or directory (errno 2)\n")
      let directory = try MurphyProgram.run([command, folder, "--allowed-signers", folder])
      #expect(directory.errors == "--allowed-signers: read \(folder): Is a directory (errno 21)\n")
      #expect(access("\(folder)-evidence", F_OK) != 0)
    }
  }

  @Test(
    "A journal that can't be read is named with its folder",
    arguments: [["report"], ["compare"], ["incidents"], ["run", "--resume"]])
  func unreadableJournal(command: [String]) throws {
    try withTemporaryFolder { folder in
      try DurableFile.write(Array("{\n{}\n".utf8), to: "\(folder)/events.jsonl")
      let outcome = try MurphyProgram.run(command + [folder])
      #expect(outcome.code == 2)
      #expect(
        outcome.errors
          == "\(folder): events.jsonl:1: The given data was not valid JSON.; the file was changed after the run: restore it from a copy\n"
      )
    }
  }

  @Test("An output folder that is a file is refused with the system's reason")
  func outputIsFile() throws {
    try withFleet { folder in
      let run = try MurphyProgram.run(
        ["run", "\(folder)/cut.yaml", "--fleet", "\(folder)/fleet.yaml", "--out", "\(folder)/reports"])
      #expect(run.code == 3)
      let outcome = try MurphyProgram.run(
        ["history", "--reports", "\(folder)/reports", "--out", "\(folder)/fleet.yaml"])
      #expect(outcome.code == 2)
      #expect(
        outcome.errors == "\(folder)/fleet.yaml: the history can't be written: File exists (errno 17)\n")
    }
  }

  @Test("A new scenario's folders are made, also those above it")
  func newFolders() throws {
    try withTemporaryFolder { folder in
      let outcome = try MurphyProgram.run(["new", "cut", "--out", "\(folder)/a/b"])
      #expect(outcome.code == 0 && outcome.output == "\(folder)/a/b/cut.yaml\n")
      #expect(access("\(folder)/a/b/cut.yaml", R_OK) == 0)
    }
  }

  @Test("A finding that is so already is refused")
  func sameFinding() throws {
    try withTemporaryFolder { folder in
      try DurableFile.write([], to: "\(folder)/events.jsonl")
      #expect(try MurphyProgram.run(["finding", folder, "slow", "--severity", "minor"]).output == "1\n")
      let same = try MurphyProgram.run(["finding", folder, "--number", "1", "--severity", "minor"])
      #expect(same.code == 2 && same.output == "" && same.errors.contains("finding 1 is so already"))
      #expect(try MurphyProgram.run(["finding", folder, "--number", "1", "--severity", "major"]).code == 0)
    }
  }

  @Test("An occasion that the schedule's records don't have can't be acknowledged")
  func unknownOccasion() throws {
    try withFleet { folder in
      let outcome = try MurphyProgram.run(
        ["schedule", "ack", "\(folder)/schedule.yaml", "--occasion", "2020-01"])
      #expect(outcome.code == 2)
      #expect(outcome.errors.hasPrefix("--occasion 2020-01: ") && outcome.errors.hasSuffix(": none\n"))
    }
  }

  @Test("Without stderr no message gets into the journal", arguments: ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
  func closedStreams(closed: String) throws {
    try withFleet { folder in
      let outcome = try MurphyProgram.run(
        ["run", "\(folder)/cut.yaml", "--fleet", "\(folder)/fleet.yaml", "--out", "\(folder)/reports"],
        by: ["bash", "-c", #"exec "$@" \#(closed)"#, "bash"])
      // The host can't be reached.
      #expect(outcome.code == 3)
      let run = try #require(DurableFile.list("\(folder)/reports").first)
      let journal = try DurableFile.read("\(folder)/reports/\(run)/events.jsonl")
      #expect(journal.split(separator: UInt8(ascii: "\n")).allSatisfy { $0.first == UInt8(ascii: "{") })
      let verified = try MurphyProgram.run(["verify", "\(folder)/reports/\(run)"])
      #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
    }
  }

  @Test("A run that can't write its journal names the reason, and restores the terminal's cursor")
  func fullJournal() throws {
    try withFleet { folder in
      // The file may have 1 KiB, which the beginning of a run exceeds.
      let limited =
        #"trap '' XFSZ; ulimit -f 1; exec "$0" run "$1/cut.yaml" --fleet "$1/fleet.yaml" --out "$1/reports""#
      let quoted = limited.replacing("'", with: #"'\''"#)
      let outcome = try MurphyProgram.run(
        [], by: ["script", "-qec", "bash -c '\(quoted)' \(TestProducts.murphy) \(folder)"],
        program: "/dev/null",
        environment: ["TERM": "xterm", "SHELL": "/bin/sh"])
      #expect(outcome.code == 5, "\(outcome.output)")
      #expect(outcome.output.contains("events.jsonl: File too large"))
      #expect(outcome.output.contains("murphy recover --fleet \(folder)/fleet.yaml"))
      let parts = outcome.output.split(separator: "\u{1B}[?25h", omittingEmptySubsequences: false)
      #expect(parts.count == 2 && parts[0].contains("\u{1B}[?25l"))
    }
  }

  @Test(
    "A folder that isn't a run's is refused with what to give",
    arguments: [
      ["report"], ["samples"], ["compare"], ["incidents"], ["incidents", "--json"], ["run", "--resume"],
      ["ack"], ["verify"], ["evidence"],
    ])
  func noRun(command: [String]) throws {
    try withTemporaryFolder { folder in
      let outcome = try MurphyProgram.run(command + [folder])
      #expect(outcome.code == 2 && outcome.output == "")
      #expect(
        outcome.errors
          == "read \(folder)/events.jsonl: No such file or directory (errno 2); give the folder of a run, which murphy run printed\n"
      )
    }
  }

  @Test("A history of a folder that doesn't exist is refused with what to give")
  func noReports() throws {
    try withTemporaryFolder { folder in
      let outcome = try MurphyProgram.run(["history", "--reports", "\(folder)/none"])
      #expect(outcome.code == 2 && outcome.output == "")
      #expect(outcome.errors.hasPrefix("read \(folder)/none: No such file or directory (errno 2); "))
      #expect(outcome.errors.contains("--reports"))
    }
  }

  /// Lines, one long text, help and version.
  static let outputs = [
    ["faults"], ["schema", "fleet"], ["metrics"], ["monitoring", "alerts"], ["monitoring", "dashboard"],
    ["schedule", "--help"], ["help", "run"], ["--version"],
  ]

  @Test("An output that a full disk refuses is an error", arguments: outputs)
  func fullDisk(command: [String]) throws {
    let outcome = try MurphyProgram.run(command, by: ["sh", "-c", #"exec "$@" > /dev/full"#, "sh"])
    #expect(outcome.code == 2)
    #expect(outcome.errors.hasPrefix("write stdout: "))
    #expect(outcome.errors.hasSuffix("; the output is not complete\n"))
  }

  @Test("A reader that ends early is not an error", arguments: outputs)
  func closedPipe(command: [String]) throws {
    // The reader has ended before the program starts.
    let outcome = try MurphyProgram.run(
      command, by: ["bash", "-c", #"exec 3> >(:); wait $!; exec "$@" >&3"#, "bash"])
    #expect(outcome.code == 0 && outcome.errors == "")
  }

  /// Commands that connect to hosts, with `@` for the folder of their files, and their exit codes.
  static let distant: [(command: String, code: Int32)] = [
    ("plan @/cut.yaml --fleet @/fleet.yaml", 3), ("run @/cut.yaml --fleet @/fleet.yaml --out @/reports", 3),
    ("init root@falco.invalid --out @/new", 3),
    ("deploy --check --fleet @/fleet.yaml --agent \(TestProducts.agent)", 3),
    ("hold --fleet @/fleet.yaml --reason x", 3), ("release --fleet @/fleet.yaml", 3),
    ("recover --fleet @/fleet.yaml", 5),
  ]

  @Test(
    "Without a network, a command names the host, ssh's reason and the next step",
    .enabled(if: getuid() == 0, "needs root: to make a network namespace"), arguments: distant)
  func noNetwork(command: String, code: Int32) throws {
    try withFleet { folder in
      let arguments = command.replacing("@/", with: "\(folder)/").split(separator: " ").map(String.init)
      let outcome = try MurphyProgram.run(arguments, by: ["unshare", "--net"])
      #expect(outcome.code == code, "\(outcome.errors)")
      let printed = outcome.output + outcome.errors
      #expect(printed.contains("no connection by ssh root@falco.invalid; ssh -v root@falco.invalid shows"))
      #expect(printed.contains("Could not resolve hostname falco.invalid"), "\(printed)")
    }
  }

  @Test(
    "The agent names unknown arguments", arguments: ["recover --jsno", "--version x", "--help x", "help"])
  func agent(arguments: String) throws {
    let unknown = try ChildProcess.run(
      [TestProducts.agent] + arguments.split(separator: " ").map(String.init))
    #expect(unknown.end.code == 2 && unknown.outputText == "")
    #expect(unknown.errorText.hasPrefix("murphy-agent: unknown arguments: \(arguments)\n\nmurphy-agent: "))
  }

  @Test(
    "The agent's help fits the terminal, and has its exit codes",
    arguments: ["--help", "-h", "recover --help", "hold -h", "release --help"], [40, 80])
  func agentHelp(arguments: String, columns: Int) throws {
    let help = try ChildProcess.run(
      ["env", "COLUMNS=\(columns)", TestProducts.agent] + arguments.split(separator: " ").map(String.init))
    #expect(help.end.code == 0 && help.errorText == "")
    #expect(help.outputText.contains("Exit codes: 0 done;"))
    #expect(help.outputText.split(separator: "\n").filter { $0.count > columns } == [])
  }

  @Test(
    "Help or version of the agent that a full disk refuses is an error", arguments: ["--help", "--version"])
  func agentOnFullDisk(argument: String) throws {
    let outcome = try ChildProcess.run([
      "sh", "-c", #"exec "$@" > /dev/full"#, "sh", TestProducts.agent, argument,
    ])
    #expect(outcome.end.code == 2)
    #expect(outcome.errorText.hasPrefix("murphy-agent: write stdout: No space left on device"))
  }
}
