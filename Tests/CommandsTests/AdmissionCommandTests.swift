import FoundationEssentials
import Glibc
import Linux
import Testing

/// `plan` and `run` for one fault, with a stub for ssh and the agents: their refusals and their choices.
@Suite struct AdmissionCommandTests {
  private static let fleet = StandInSSH.fleet.replacing(
    "quorum: 2", with: "vms:\n  web: {domain: web}\nquorum: 2")

  private static let scenario = """
    scenario: choice
    steady: {for: 1s, probes: [website]}
    timeline:
      - {at: 0s, fault: host.unplug, target: {host: any}, for: 5s}
      - {name: lock, at: 60s, fault: firewall.lock, target: {host-of: web}, for: 5s}
      - {name: freeze, at: 90s, fault: vm.freeze, target: {vm: web}, for: 5s}

    """

  /// web runs on dauntless; excelsior lacks something; falco can't be reached; ssh reaches excelsior through dauntless.
  private static let ssh = """
    case $(tail -n 1 calls) in -G*)
      echo "hostname $host"
      [ $host != excelsior ] || echo "proxyjump root@dauntless"
      exit ;;
    esac
    [ $host != dauntless ] || running='"web"'
    [ $host != excelsior ] || missing='"no carrier"'
    if [ $host = falco ]; then
      echo "ssh: connect to host falco port 22: No route to host" >&2
      exit 255
    fi
    cuts=true
    greet
    serve 0.2.0
    """

  private func run(_ command: String, _ arguments: String...) throws -> MurphyProgram.Outcome {
    var outcome: MurphyProgram.Outcome?
    let out = command == "run" ? ["--out", "FOLDER/reports"] : []
    try StandInSSH.run(
      [command, "FOLDER/unplug.yaml"] + out + arguments, fleet: Self.fleet, scenario: Self.scenario,
      ssh: Self.ssh
    ) { found, _ in outcome = found }
    return try #require(outcome)
  }

  @Test("plan shows the control path of a host that gave no answer as unknown")
  func unknownControlPath() throws {
    let output = try run("plan", "--seed", "1").output
    #expect(output.contains("  control  not known: falco did not answer\n"), "\(output)")
    #expect(
      try run("plan", "--seed", "1", "--json").output.contains("cutsControlPath")
        == output.contains("  control  cut"))
  }

  /// The marked lines after the one with this beginning.
  private func refusals(_ text: String, after line: String, mark: String) -> [String] {
    text.split(separator: "\n").map(String.init).drop { !$0.hasPrefix(line) }.dropFirst()
      .prefix { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
  }

  @Test("plan refuses for the same reasons as run, whichever host the seed chooses")
  func sameRefusals() throws {
    let refused = try run("run", "--seed", "5")
    #expect(refused.code == 3)
    let expected = refusals(refused.errors, after: "– Refused before any fault", mark: "  - ")
    try #require(expected.count == 2, "\(refused.errors)")
    #expect(expected[0].hasPrefix("falco: ") && expected[0].contains("No route to host"))
    #expect(expected[1] == "step-1 on excelsior: no carrier")
    for seed in ["1", "2", "3"] {
      let planned = try run("plan", "--seed", seed)
      #expect(planned.code == 3)
      #expect(
        refusals(planned.output, after: "a run would be refused:", mark: "  ") == expected,
        "\(planned.output)")
    }
  }

  private struct Sheet: Decodable {
    var seed: UInt64
    var steps: [Step]
    struct Step: Decodable {
      var step: String
      var host: String
      var behind: [String]
    }
  }

  private func sheet(_ arguments: [String]) throws -> Sheet {
    let outcome =
      arguments.isEmpty ? try run("plan", "--json") : try run("plan", "--json", arguments[0], arguments[1])
    return try JSONDecoder().decode(Sheet.self, from: Data(outcome.output.utf8))
  }

  @Test("plan draws a seed, prints it, and chooses the same with it again") func seeds() throws {
    var chosen: Set<String> = []
    for _ in 0..<2 {
      let drawn = try sheet([])
      let again = try sheet(["--seed", "\(drawn.seed)"])
      #expect(again.seed == drawn.seed)
      #expect(again.steps.map(\.host) == drawn.steps.map(\.host))
      chosen.insert("\(drawn.seed)")
    }
    #expect(chosen.count == 2, "two plans draw two seeds")
    #expect(
      try run("plan", "--seed", "7").output.contains("seed: 7; murphy run --seed 7 would choose the same"))
    let refused = try run("run")
    let line = try #require(refused.errors.split(separator: "\n").first { $0.hasPrefix("seed ") })
    #expect(line.contains("murphy plan --seed "), "\(line)")
  }

  @Test("plan shows what its trials can show in a comparison") func whatTrialsShow() throws {
    let one = try run("plan", "--seed", "1").output
    #expect(
      one.contains("1 trial, against as many of another run: can show nothing; 5 trials a side"), "\(one)")
    let three = try run("plan", "--seed", "1", "--trials", "3").output
    #expect(three.contains("3 trials, against as many of another run: can show 'no regression' at best"))
    let five = try run("plan", "--seed", "1", "--trials", "5").output
    #expect(five.contains("can show each verdict\n"), "\(five)")
    #expect(
      five.contains("  worse or better is shown in 8 of 10 comparisons if the difference is 20 % plus "))
  }

  @Test("plan shows two settings, their setups, and the order in which they take turns") func settings()
    throws
  {
    let output = try run(
      "plan", "--seed", "1", "--ab", "42", "10", "--factor", "ping-timeout", "--a-setup", "set 42",
      "--b-setup",
      "set 10", "--blocks", "2"
    ).output
    #expect(
      output.contains("A: ping-timeout 42, by set 42\nB: ping-timeout 10, by set 10\norder: "), "\(output)")
    let order = try #require(output.split(separator: "\n").first { $0.hasPrefix("order: ") })
    #expect(order.wholeMatch(of: /order: (ABBA|BAAB) (ABBA|BAAB), by the seed/) != nil, "\(order)")
    #expect(output.contains("2 blocks, 4 trials a side: can show 'no regression' at best; 3 blocks"))
    let parameter = try run("plan", "--seed", "1", "--ab", "carrier", "silent", "--factor", "step-1.mode")
      .output
    #expect(parameter.contains("B: step-1.mode silent\n"), "\(parameter)")
    for side in ["A", "B"] {
      #expect(parameter.contains("\n\(side), step-1: host.unplug on "), "\(parameter)")
    }
    #expect(parameter.contains("\n  A and B: falco: "), "\(parameter)")
    let wrong = try run("plan", "--seed", "1", "--ab", "carrier", "loud", "--factor", "step-1.mode")
    #expect(wrong.code == 2 && wrong.errors.contains("loud"), "\(wrong.errors)")
  }

  @Test("plan asks the hosts of both fleets, and each refusal names its side") func sides() throws {
    let other = StandInSSH.fleet.replacing("root@dauntless", with: "root@condor").replacing(
      "quorum: 2", with: "quorum: 3")
    let arguments = [
      "plan", "FOLDER/unplug.yaml", "--factor", "fleet", "--ab", "FOLDER/fleet.yaml", "FOLDER/other.yaml",
    ]
    let ssh = """
      case $(tail -n 1 calls) in -G*) echo "hostname $host"; exit;; esac
      if [ $host = condor ]; then
        echo "ssh: connect to host condor port 22: No route to host" >&2
        exit 255
      fi
      [ $host != falco ] || missing='"no carrier"'
      greet
      serve 0.2.0
      """
    try StandInSSH.run(arguments, other: other, ssh: ssh) { outcome, _ in
      #expect(outcome.code == 3, "\(outcome.errors)")
      let found = refusals(outcome.output, after: "a run would be refused:", mark: "  ")
      try #require(found.count == 3, "\(outcome.output)")
      #expect(found[0] == "A and B: step-1 on falco: no carrier")
      #expect(found[1].hasPrefix("B: the scenario takes 1 of 3 hosts at once and leaves 2; quorum is 3"))
      #expect(found[2].hasPrefix("B: dauntless: ") && found[2].contains("No route to host"))
      #expect(
        outcome.output.contains("hosts: at most 1 down at once, 2 up, quorum 2; in trials of B: "),
        "\(outcome.output)")
    }
    try StandInSSH.run(arguments, ssh: ssh) { outcome, folder in
      #expect(
        outcome.code == 2 && outcome.errors.hasPrefix("\(folder)/other.yaml: error: "), "\(outcome.errors)")
    }
    let elsewhere = other + "netns: {path: /run/netns/elsewhere}\n"
    try StandInSSH.run(arguments, other: elsewhere, ssh: ssh) { outcome, folder in
      #expect(outcome.code == 2 && outcome.errors.contains("different values of netns"), "\(outcome.errors)")
      #expect(access("\(folder)/calls", F_OK) != 0)
    }
  }

  @Test("plan shows what repairs a fault that Murphy doesn't revert, and no revert") func instants() throws {
    let scenario = """
      scenario: instants
      steady: {for: 1s, probes: [website]}
      timeline:
        - {name: reset, at: 0s, fault: vm.reset, target: {vm: web}}
        - {name: kill, at: 20s, fault: vm.kill, target: {vm: web}, restart: manager}
        - {name: crash, at: 40s, fault: process.kill, target: {host: falco}, executable: /usr/sbin/smbd, restart: leave}
        - {name: cut, at: 60s, fault: firewall.lock, target: {host: falco}, for: 5s}

      """
    try StandInSSH.run(
      ["plan", "FOLDER/unplug.yaml"], fleet: Self.fleet, scenario: scenario,
      ssh: """
        case $(tail -n 1 calls) in -G*) echo "hostname $host"; exit;; esac
        [ $host != dauntless ] || running='"web"'
        greet
        serve 0.2.0
        """
    ) { outcome, _ in
      let output = outcome.output
      #expect(outcome.code == 0, "\(output)\(outcome.errors)")
      // Only the last step is reverted.
      let cut = try #require(output.firstRange(of: "cut: firewall.lock on falco"), "\(output)")
      let instants = output[..<cut.lowerBound]
      for word in ["revert", "else", "10s"] { #expect(!instants.contains(word), "\(word)\n\(instants)") }
      for line in [
        "kill: vm.kill on dauntless, at 20s, at once\n", "  returns  not by Murphy: the cluster manager",
        "  damage   stays, and Murphy does not repair it: ",
        "  control  stays: Murphy still reaches dauntless\n",
      ] { #expect(instants.contains(line), "\(line)\n\(instants)") }
      #expect(output[cut.lowerBound...].contains("  reverts  after 5s, by falco itself: "), "\(output)")
    }
  }

  @Test("plan names the hosts that are reached through the host that is cut") func jumpHosts() throws {
    // web runs on dauntless, through which ssh reaches excelsior.
    let outcome = try run("plan", "--seed", "1")
    #expect(outcome.output.contains("  behind   excelsior: reached through dauntless"), "\(outcome.output)")
    let lock = try #require(try sheet([]).steps.first { $0.step == "lock" })
    #expect(lock.host == "dauntless" && lock.behind == ["excelsior"])
  }
}
