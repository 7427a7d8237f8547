import FoundationEssentials
import Linux
import Testing

/// `plan` and `run` on one fleet, with a stand-in for ssh and the agents behind it: what they refuse, and what they choose.
@Suite struct AdmissionCommandTests {
  private static let fleet = """
    fleet: tdf
    networks:
      external: {role: service, cidr: 10.77.2.0/24}
    hosts:
      dauntless: {ssh: root@dauntless, links: {external: eth0}}
      excelsior: {ssh: root@excelsior, links: {external: eth0}}
      falco: {ssh: root@falco, links: {external: eth0}}
    vms:
      web: {domain: web}
    quorum: 2
    probes:
      website: {http: "http://127.0.0.1:9/", every: 1s}

    """

  private static let scenario = """
    scenario: choice
    steady: {for: 1s, probes: [website]}
    timeline:
      - {at: 0s, fault: host.unplug, target: {host: any}, for: 5s}
      - {name: lock, at: 60s, fault: firewall.lock, target: {host-of: web}, for: 5s}
      - {name: freeze, at: 90s, fault: vm.freeze, target: {vm: web}, for: 5s}

    """

  /// Answers as an agent does. excelsior's policy refuses one fault; falco doesn't answer at all; ssh reaches excelsior
  /// through dauntless.
  private static let agent = #"""
    #!/bin/sh
    while [ "$1" != -- ]; do
      [ "$1" != -G ] || asked=1
      shift
    done
    host=${2#root@}
    if [ "$asked" ]; then
      echo "hostname $host"
      [ "$host" != excelsior ] || echo "proxyjump root@dauntless"
      exit
    fi
    if [ "$host" = falco ]; then
      echo "ssh: connect to host falco port 22: No route to host" >&2
      exit 255
    fi
    missing= running=
    [ "$host" != excelsior ] || missing='"no carrier"'
    [ "$host" != dauntless ] || running='"web"'
    while read -r line; do
      id=${line#*\"id\":}
      id=${id%%,*}
      case $line in
      *'{"admission":'*) reply='{"admission":{"refusals":[]}}' ;;
      *'{"hello":'*) reply='{"welcome":{"_0":{"boot":"b","strangers":[],"version":"VERSION"}}}' ;;
      *'{"clock":'*) reply='{"clock":{"_0":1}}' ;;
      *'{"survey":'*) reply='{"survey":{"fingerprint":{},"running":['$running']}}' ;;
      *'{"check":'*) reply='{"checked":{"cutsControlPath":true,"missing":['$missing']}}' ;;
      *'{"state":'*) reply='{"state":{"_0":{"boot":"b","lines":[],"unread":[]}}}' ;;
      *) reply='{"done":{}}' ;;
      esac
      echo "{\"reply\":{\"_1\":$reply,\"id\":$id}}"
    done

    """#

  private func run(_ command: String, _ arguments: String...) throws -> MurphyProgram.Outcome {
    try withTemporaryFolder { folder in
      let version = try MurphyProgram.run(["--version"]).output.split(whereSeparator: \.isNewline)[0]
      let agent = Self.agent.replacing("VERSION", with: version)
      try DurableFile.write(Array(agent.utf8), to: "\(folder)/ssh", mode: 0o700)
      try DurableFile.write(Array(Self.fleet.utf8), to: "\(folder)/fleet.yaml")
      try DurableFile.write(Array(Self.scenario.utf8), to: "\(folder)/choice.yaml")
      let out = command == "run" ? ["--out", "\(folder)/reports"] : []
      return try MurphyProgram.run(
        [command, "\(folder)/choice.yaml", "--fleet", "\(folder)/fleet.yaml"] + out + arguments, tools: folder
      )
    }
  }

  /// The lines after one that begins so, as far as they are marked.
  private func refusals(_ text: String, after line: String, mark: String) -> [String] {
    text.split(separator: "\n").map(String.init).drop { !$0.hasPrefix(line) }.dropFirst()
      .prefix { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
  }

  @Test("plan refuses what run refuses, in the same words, whichever host the seed chooses")
  func sameRefusals() throws {
    let refused = try run("run", "--seed", "5")
    #expect(refused.code == 3)
    let expected = [
      "falco: ssh: connect to host falco port 22: No route to host", "step-1 on excelsior: no carrier",
    ]
    #expect(
      refusals(refused.errors, after: "– Refused before any fault", mark: "  - ") == expected,
      "\(refused.errors)")
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

  @Test("plan says which hosts are behind the one that is cut") func jumpHosts() throws {
    // web runs on dauntless, through which ssh reaches excelsior.
    let outcome = try run("plan", "--seed", "1")
    #expect(outcome.output.contains("  behind   excelsior: reached through dauntless"), "\(outcome.output)")
    let lock = try #require(try sheet([]).steps.first { $0.step == "lock" })
    #expect(lock.host == "dauntless" && lock.behind == ["excelsior"])
  }
}
