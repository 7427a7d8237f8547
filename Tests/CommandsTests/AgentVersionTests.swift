import AgentProtocol
import Linux
import Testing

/// The output of `plan` and `run` if an agent can't be used, with a stub for ssh.
@Suite struct AgentVersionTests {
  /// Runs a plan and a run: each is refused before anything is done, by a line about falco with all these parts.
  private func expectRefused(
    _ parts: [String], fleet: String = StandInSSH.fleet, ssh script: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for command in [["plan", "FOLDER/unplug.yaml"], ["run", "FOLDER/unplug.yaml", "--out", "FOLDER/runs"]] {
      try StandInSSH.run(command, fleet: fleet, ssh: script) { outcome, _ in
        #expect(outcome.code == 3, sourceLocation: sourceLocation)
        let text = outcome.output + outcome.errors
        let isRefused = text.split(separator: "\n").contains { line in
          line.contains("falco: ") && parts.allSatisfy { line.contains($0) }
        }
        #expect(
          isRefused, "\(command): \(outcome.errors)\(outcome.output)", sourceLocation: sourceLocation)
        #expect(!text.contains("DecodingError"), sourceLocation: sourceLocation)
      }
    }
  }

  @Test("An agent of another protocol is refused with both versions")
  func newerAgent() throws {
    let newer = Greeting.current.protocol + 1
    try expectRefused(
      [AgentLine.skew("\(Greeting(version: "0.3.0", protocol: newer))")],
      ssh: "echo '\(StandInSSH.greeting(version: "0.3.0", protocol: newer))'; cat > /dev/null")
  }

  @Test("A plan shows an agent of another version with both versions, and isn't refused")
  func otherVersion() throws {
    let script =
      "if [ $host = falco ]; then echo '\(StandInSSH.greeting(version: "0.2.1"))'; else greet; fi; serve 0.2.1"
    try StandInSSH.run(["plan", "FOLDER/unplug.yaml"], ssh: script) { outcome, _ in
      #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
      #expect(
        outcome.output.contains(
          "note: falco: the agent there is version 0.2.1; this controller is 0.2.0. Both have protocol "
            + "\(Greeting.current.protocol), so a run can begin; murphy deploy makes the versions equal\n"))
      #expect(!outcome.output.contains("note: dauntless"))
    }
  }

  /// 0.1.0 sent no greeting. A plan sends no hello to it, so its exact version is unknown there.
  @Test("An agent that sends no greeting is refused with both versions")
  func olderAgent() throws {
    try StandInSSH.run(
      ["run", "FOLDER/unplug.yaml", "--out", "FOLDER/runs"], ssh: "serve 0.1.0"
    ) { outcome, _ in
      #expect(outcome.code == 3)
      for host in ["dauntless", "excelsior", "falco"] {
        #expect(outcome.errors.contains("\(host): \(AgentLine.skew("version 0.1.0 (protocol 1)"))"))
      }
    }
    try StandInSSH.run(["plan", "FOLDER/unplug.yaml"], ssh: "serve 0.1.0") { outcome, _ in
      #expect(outcome.code == 3)
      #expect(outcome.output.contains("falco: \(AgentLine.skew("older than 0.2.0 (protocol 1)"))"))
    }
  }

  @Test("A reply that can't be read refuses its request")
  func unknownReply() throws {
    try expectRefused(
      ["0.2.0: reply._1: "],
      ssh: #"greet; while read -r line; do id=${line#*\"id\":}; id=${id%%,*}; reply '"novelty":{}'; done"#)
  }

  @Test("A login shell that prints before the agent is reported, and a run can begin")
  func noise() throws {
    try StandInSSH.run(
      ["plan", "FOLDER/unplug.yaml"],
      ssh: #"[ $host = falco ] && printf 'Welcome\n\033]0;falco\007'; greet; serve 0.2.0"#
    ) { outcome, _ in
      #expect(outcome.code == 0, "\(outcome.output)")
      #expect(
        outcome.output.contains(
          "note: falco: its login shell prints: Welcome; ^[]0;falco^G\na run would begin"))
      #expect(!outcome.output.contains("note: dauntless"))
    }
  }

  @Test("An agent that is missing or not executable is refused with the next step")
  func missing() throws {
    try expectRefused(
      ["(exit code 127)", "PATH"],
      ssh: "echo 'bash: not found' >&2; exit 127")
    try expectRefused(["(exit code 126)", "chmod 755"], ssh: "exit 126")
  }

  @Test("A sudo that asks for a password is refused with the line for sudoers")
  func sudo() throws {
    let fleet = StandInSSH.fleet.replacing("ssh: root@falco,", with: "ssh: ann@falco, become: sudo,")
    let script = """
      [ $host = falco ] || { greet; serve 0.2.0; exit; }
      echo "$words" >&2
      echo 'sudo: a password is required' >&2
      exit 1
      """
    try expectRefused(
      ["(exit code 1)", "sudoers"], fleet: fleet, ssh: script)
    try StandInSSH.run(["plan", "FOLDER/unplug.yaml"], fleet: fleet, ssh: script) { outcome, _ in
      #expect(
        outcome.output.contains("/etc/sudoers.d/murphy: ann ALL=(root) NOPASSWD: /usr/local/bin/murphy-agent")
      )
      #expect(
        outcome.output.contains(
          #"stderr: sudo -n murphy-agent --connection "$SSH_CONNECTION"; sudo: a password is required"#))
    }
  }

  @Test("ssh gets the user's environment, without Murphy's own marks")
  func environment() throws {
    try StandInSSH.run(
      ["release", "falco"], ssh: "cat > /dev/null; env > seen; greet",
      environment: ["KRB5CCNAME": "FILE:/tmp/krb", "LANG": "C.UTF-8", "MURPHY_NETNS": "1"]
    ) { outcome, folder in
      #expect(outcome.code == 0)
      let seen = String(decoding: try DurableFile.read("\(folder)/seen"), as: UTF8.self).split(
        separator: "\n")
      #expect(seen.contains("KRB5CCNAME=FILE:/tmp/krb") && seen.contains("LANG=C.UTF-8"))
      #expect(!seen.contains { $0.hasPrefix("MURPHY_") })
    }
  }
}
