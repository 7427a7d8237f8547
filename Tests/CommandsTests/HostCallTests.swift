import FoundationEssentials
import Glibc
import Linux
import Testing

/// Commands that call each host's agent, with a stub for ssh: `hold`, `release`, `recover`.
@Suite struct HostCallTests {
  private func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  @Test("A hold without names holds all hosts, and its reason passes through no shell")
  func allHostsAreHeld() throws {
    let reason = #"disks; $(touch owned) `touch owned` 'x' "y" && touch owned"#
    try StandInSSH.run(["hold", "--reason", reason], ssh: "cat > $host.stdin; greet; report held") {
      outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output == "dauntless: held\nexcelsior: held\nfalco: held\n")
      #expect(outcome.errors == "")
      struct Order: Decodable {
        var by: String
        var reason: String
      }
      for host in ["dauntless", "excelsior", "falco"] {
        let order = try JSONDecoder().decode(
          Order.self, from: Data(try DurableFile.read("\(folder)/\(host).stdin")))
        #expect(order.reason == reason)
        #expect(order.by.contains("@"))
      }
      // The reason isn't an argument, which a shell on the host would interpret.
      let calls = try text("\(folder)/calls").split(separator: "\n")
      #expect(calls.count == 3)
      #expect(calls.allSatisfy { $0.hasSuffix(" murphy-agent hold --json") }, "\(calls)")
    }
  }

  @Test("Only the named hosts are held and released")
  func thoseThatAreNamedAreHeldAndReleased() throws {
    for (command, words) in [("hold", "held"), ("release", "released (was held)")] {
      try StandInSSH.run([command, "falco", "dauntless"], ssh: "cat > /dev/null; greet; report '\(words)'") {
        outcome, folder in
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == "dauntless: \(words)\nfalco: \(words)\n")
        let calls = try text("\(folder)/calls")
        #expect(!calls.contains("excelsior"))
      }
    }
  }

  @Test("An unknown host is bad input, and no host is called")
  func anUnknownHostIsBadInputAndNoHostIsCalled() throws {
    for command in ["hold", "release", "deploy"] {
      try StandInSSH.run([command, "falcon", "falco"], ssh: "greet; report held") { outcome, folder in
        #expect(outcome.code == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("falcon") && outcome.errors.contains("'falco'"))
        #expect(throws: SystemError.self) { try text("\(folder)/calls") }
      }
    }
  }

  @Test(
    "If a host can't be reached, the output names the hosts that are done",
    arguments: [("hold", "held"), ("release", "released")])
  func whereOneCanNotBeReachedThoseThatAreDoneAreNamed(_ command: String, _ done: String) throws {
    let script = """
      cat > /dev/null
      case $host in
        excelsior) echo "connect to host excelsior port 22: No route to host" >&2; exit 255;;
        falco) greet; echo '{"notice":{"_0":{"refused":{"_0":"not root: run it as root"}}}}'; exit 3;;
      esac
      greet
      report \(done)
      """
    try StandInSSH.run([command], ssh: script) { outcome, _ in
      #expect(outcome.code == 3)
      #expect(outcome.output == "dauntless: \(done)\n")
      #expect(
        outcome.errors == """
          excelsior: not \(done): no connection by ssh root@excelsior; ssh -v root@excelsior shows each step; \
          stderr: connect to host excelsior port 22: No route to host
          falco: not \(done): not root: run it as root
          not \(done): excelsior, falco; \(done): dauntless

          """)
    }
  }

  /// The first host waits for the last: if hosts were called in sequence, it would wait forever.
  @Test("Hosts are recovered in parallel and reported in the fleet's order")
  func hostsAreRecoveredInParallelAndReportedInTheirOrder() throws {
    let script = """
      greet
      case $host in
        dauntless) until [ -e falco.done ]; do sleep 0.05; done; report "reverted link.drop eth1"; echo careful >&2;;
        excelsior) exit 5;;
        falco) touch falco.done;;
      esac
      """
    try StandInSSH.run(["recover"], ssh: script) { outcome, folder in
      #expect(outcome.code == 5)
      #expect(outcome.output == "dauntless: reverted link.drop eth1\n")
      #expect(outcome.errors.hasPrefix("dauntless: careful\n"))
      #expect(outcome.errors.contains("\nfalco: nothing to revert\n"))
      #expect(outcome.errors.contains("not known to be clean: excelsior;"))
      let calls = try text("\(folder)/calls").split(separator: "\n")
      #expect(calls.allSatisfy { $0.hasSuffix(" murphy-agent recover --json") }, "\(calls)")
    }
  }

  /// 32 connections have more descriptors than the limit with which murphy starts.
  @Test("Of many hosts, 32 are called at once, whatever the limit of descriptors is")
  func manyHosts() throws {
    let hosts = (1...40).map { "host-\($0)" }
    let fleet =
      "fleet: many\nnetworks: {external: {role: service, cidr: 10.77.2.0/24}}\nhosts:\n"
      + hosts.map { "  \($0): {ssh: root@\($0), links: {external: eth0}}\n" }.joined()
      + "quorum: 1\nprobes: {website: {http: \"http://10.77.2.101/\", every: 1s}}\n"
    // All that may run at once are running before the first ends.
    let script = """
      cat > /dev/null
      mkdir -p present
      touch present/$host
      until [ -e many ] || [ $(ls present | wc -l) -ge 32 ]; do sleep 0.1; done
      touch many
      sleep 1
      ls present | wc -l >> counts
      rm present/$host
      greet
      report held
      """
    try StandInSSH.run(["hold"], by: ["prlimit", "--nofile=48:"], fleet: fleet, ssh: script) {
      outcome, folder in
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output == hosts.map { "\($0): held\n" }.joined())
      let counts = try text("\(folder)/counts").split(separator: "\n").compactMap { Int($0) }
      #expect(counts.count == 40)
      #expect(counts.max() == 32)
    }
  }

  @Test("The output of a login shell is reported, and isn't part of the host's report")
  func shellsThatPrint() throws {
    let script = """
      cat > /dev/null
      printf 'Welcome to %s\\n\\033]0;%s\\007' $host $host
      greet
      report "released (was not held)"
      """
    try StandInSSH.run(["release", "falco"], ssh: script) { outcome, _ in
      #expect(outcome.code == 0)
      #expect(outcome.output == "falco: released (was not held)\n")
      #expect(outcome.errors == "falco: its login shell prints: Welcome to falco; ^[]0;falco^G\n")
    }
    try StandInSSH.run(["recover"], ssh: script) { outcome, _ in
      #expect(outcome.code == 0)
      #expect(
        outcome.output == """
          dauntless: released (was not held)
          excelsior: released (was not held)
          falco: released (was not held)
          no fault is active on the fleet's hosts

          """)
    }
  }

  @Test(
    "A shell that exits with 0 before the agent starts is a failure",
    arguments: ["hold", "release", "recover"])
  func noAgent(_ command: String) throws {
    try StandInSSH.run([command], ssh: "cat > /dev/null; echo held") { outcome, _ in
      #expect(outcome.code == (command == "recover" ? 5 : 3))
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("murphy-agent") && outcome.errors.contains(": held"))
    }
  }

  @Test("recover, hold and release work with agents of other versions")
  func otherVersions() throws {
    let script = """
      cat > /dev/null
      echo '\(StandInSSH.greeting(version: "7.0.0", protocol: 70))'
      echo '{"notice":{"_0":{"novelty":{}}}}'
      report held
      """
    try StandInSSH.run(["hold", "falco"], ssh: script) { outcome, _ in
      #expect(outcome.code == 0)
      #expect(outcome.output.hasSuffix("falco: held\n"))
      #expect(outcome.output.contains("novelty") || outcome.output.contains("notice"), "\(outcome.output)")
    }
  }
}
