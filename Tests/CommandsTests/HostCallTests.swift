import FoundationEssentials
import Glibc
import Linux
import Testing

/// Commands that ask each host's agent for one thing, with a stand-in for ssh: `hold`, `release`, `recover`.
@Suite struct HostCallTests {
  private static let fleet = """
    fleet: tdf
    networks:
      external: {role: service, cidr: 10.77.2.0/24}
    hosts:
      dauntless: {ssh: root@dauntless, links: {external: eth0}}
      excelsior: {ssh: root@excelsior, links: {external: eth0}}
      falco: {ssh: root@falco, links: {external: eth0}}
    quorum: 2
    probes:
      website: {http: "http://10.77.2.101/", every: 1s}

    """

  /// Runs a command on a fleet whose ssh is a shell script: `$host` and `$words` are set in it.
  private func run(
    _ arguments: [String], ssh script: String,
    _ body: (MurphyProgram.Outcome, _ folder: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let text = """
        #!/bin/sh
        cd \(folder)
        echo "$*" >> calls
        while [ "$1" != -- ]; do shift; done
        host=${2#root@}
        shift 2
        words=$*
        \(script)

        """
      try DurableFile.write(Array(text.utf8), to: "\(folder)/ssh", mode: 0o700)
      try DurableFile.write(Array(Self.fleet.utf8), to: "\(folder)/fleet.yaml")
      try body(
        try MurphyProgram.run(arguments + ["--fleet", "\(folder)/fleet.yaml"], tools: folder), folder)
    }
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  @Test func allHostsAreHeld() throws {
    let reason = #"disks; $(touch owned) `touch owned` 'x' "y" && touch owned"#
    try run(["hold", "--reason", reason], ssh: "cat > $host.stdin; echo held") { outcome, folder in
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
      // No word of it is an argument, which a shell on the host would read.
      let calls = try text("\(folder)/calls").split(separator: "\n")
      #expect(calls.count == 3)
      #expect(calls.allSatisfy { $0.hasSuffix(" murphy-agent hold") }, "\(calls)")
    }
  }

  @Test func thoseThatAreNamedAreHeldAndReleased() throws {
    for (command, words) in [("hold", "held"), ("release", "released (was held)")] {
      try run([command, "falco", "dauntless"], ssh: "cat > /dev/null; echo '\(words)'") { outcome, folder in
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == "dauntless: \(words)\nfalco: \(words)\n")
        let calls = try text("\(folder)/calls")
        #expect(!calls.contains("excelsior"))
      }
    }
  }

  @Test func aHostThatIsNoneIsBadInputAndNobodyIsAsked() throws {
    for command in ["hold", "release"] {
      try run([command, "falcon", "falco"], ssh: "echo held") { outcome, folder in
        #expect(outcome.code == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors == "the fleet has no host falcon; its hosts are dauntless, excelsior, falco\n")
        #expect(throws: SystemError.self) { try text("\(folder)/calls") }
      }
    }
  }

  @Test(arguments: [("hold", "held"), ("release", "released")])
  func whereOneCanNotBeReachedThoseThatAreDoneAreNamed(_ command: String, _ done: String) throws {
    let script = """
      cat > /dev/null
      case $host in
        excelsior) echo "connect to host excelsior port 22: No route to host" >&2; exit 255;;
        falco) echo "murphy-agent: not root" >&2; exit 3;;
      esac
      echo \(done)
      """
    try run([command], ssh: script) { outcome, _ in
      #expect(outcome.code == 3)
      #expect(outcome.output == "dauntless: \(done)\n")
      #expect(
        outcome.errors == """
          excelsior: not \(done): connect to host excelsior port 22: No route to host
          falco: not \(done): murphy-agent: not root
          not \(done): excelsior, falco; \(done): dauntless

          """)
    }
  }

  /// The first host waits for the last: where hosts were asked one after the other, it would wait for ever.
  @Test func hostsAreRecoveredSideBySideAndToldInTheirOrder() throws {
    let script = """
      case $host in
        dauntless) until [ -e falco.done ]; do sleep 0.05; done; echo "lifted link.drop eth1"; echo careful >&2;;
        excelsior) exit 5;;
        falco) touch falco.done;;
      esac
      """
    try run(["recover"], ssh: script) { outcome, folder in
      #expect(outcome.code == 5)
      #expect(outcome.output == "lifted link.drop eth1\n")
      #expect(outcome.errors.hasPrefix("dauntless:\ncareful\nexcelsior:\nfalco:\n"))
      #expect(outcome.errors.contains("not known to be clean: excelsior;"))
      let calls = try text("\(folder)/calls").split(separator: "\n")
      #expect(calls.allSatisfy { $0.hasSuffix(" murphy-agent recover") }, "\(calls)")
    }
  }
}
