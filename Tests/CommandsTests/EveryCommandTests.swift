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

  @Test("Each command has help within 80 columns, and refuses an unknown option with its usage")
  func helpAndMistakes() throws {
    let text = try MurphyProgram.run(["--experimental-dump-help"]).output
    let paths = try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command.paths
    #expect(paths.contains(["murphy", "schedule", "run-due"]))
    for path in paths {
      let words = path.joined(separator: " ")
      let help = try MurphyProgram.run(path.dropFirst() + ["--help"], environment: ["COLUMNS": "80"])
      #expect(help.code == 0 && help.errors == "", "\(words)")
      #expect(help.output.contains("USAGE: \(words)"))
      // The parser doesn't wrap the usage.
      let long = help.output.split(separator: "\n").filter { $0.count > 80 && !$0.hasPrefix("USAGE: ") }
      #expect(long == [], "\(words)")
      let mistake = try MurphyProgram.run(path.dropFirst() + ["--no-such-option"])
      #expect(mistake.code == 2 && mistake.output == "", "\(words)")
      #expect(mistake.errors.contains("Usage: \(words)"))
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
      try DurableFile.write(Array(fleet.utf8), to: "\(folder)/fleet.yaml")
      try DurableFile.write(Array(cut.utf8), to: "\(folder)/cut.yaml")
      let arguments = command.replacing("@/", with: "\(folder)/").split(separator: " ").map(String.init)
      let outcome = try MurphyProgram.run(arguments, by: ["unshare", "--net"])
      #expect(outcome.code == code, "\(outcome.errors)")
      let printed = outcome.output + outcome.errors
      #expect(printed.contains("no connection by ssh root@falco.invalid; ssh -v root@falco.invalid shows"))
      #expect(printed.contains("Could not resolve hostname falco.invalid"), "\(printed)")
    }
  }

  @Test("The agent names unknown arguments")
  func agent() throws {
    let unknown = try ChildProcess.run([TestProducts.agent, "recover", "--jsno"])
    #expect(unknown.end.code == 2 && unknown.outputText == "")
    #expect(unknown.errorText.hasPrefix("murphy-agent: unknown arguments: recover --jsno\n\nmurphy-agent: "))
  }
}
