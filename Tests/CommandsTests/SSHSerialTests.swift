import Testing

/// The built programs over a real ssh, with typical configurations.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: SSHBed.isPossible, "needs root, and unshare, nsenter, tini, sshd, sudo, csh and fish"))
struct SSHSerialTests {
  private static let noise = "falco: its login shell prints: Welcome to falco; ^[]0;falco^G"

  @Test("The output of a shell and a long banner are reported once, and no message is misread")
  func shellsThatPrint() async throws {
    try await SSHBed.run { bed in
      try bed.prepare("ssh: root@10.9.0.1")
      try bed.write("echo 'Welcome to falco'\nprintf '\\033]0;falco\\007'\n", to: "/root/.bashrc")
      try bed.write(String(repeating: "AUTHORISED USE ONLY.\n", count: 5000), to: "/etc/banner")
      let plan = try bed.plan()
      #expect(plan.code == 0, "\(plan.output)\(plan.errors)")
      #expect(plan.output.contains("note: \(Self.noise)\n"))
      for (command, report) in [("hold", "falco: held\n"), ("release", "falco: released (was held since ")] {
        let outcome = try bed.murphy(command)
        #expect(outcome.code == 0 && outcome.output.hasPrefix(report), "\(outcome)")
        #expect(outcome.errors == "\(Self.noise)\n")
      }
      let recovered = try bed.murphy("recover")
      #expect(
        recovered.code == 0 && recovered.output == "no fault is active on the fleet's hosts\n", "\(recovered)"
      )
      let run = try bed.cut()
      #expect(run.errors.contains("reverted, by deadline"), "\(run.errors)")
      #expect(run.errors.count(of: Self.noise) == 1)

      // The reason for the refusal follows the banner, also if the user's configuration shows the banner.
      try bed.prepare("ssh: ann@10.9.0.1")
      let refused = try bed.plan()
      #expect(refused.code == 3)
      #expect(
        refused.output.contains("  falco: not root: in the fleet, write ssh: root@HOST, or become: sudo"))
      #expect(!refused.output.contains("AUTHORISED"))
    }
  }

  /// All options that could interfere, and those that are needed to reach the host, which must be kept.
  private static let configuration = """
    Match host falco exec "test x$SITE = xhere"
      HostName 10.9.0.1
      HostKeyAlias falco.example.org
      ProxyJump jump
    Host jump
      HostName 10.9.0.1
    Host falco
      ControlMaster auto
      ControlPath /run/master-%n
      ControlPersist 600
      RemoteCommand echo remote
      RequestTTY force
      PermitLocalCommand yes
      LocalCommand echo local
      LocalForward 10.9.0.2:9999 10.9.0.1:22
      LocalForward 198.51.100.1:22 10.9.0.1:22
      ExitOnForwardFailure yes
      ForwardX11 yes
      ForwardAgent yes
      Tunnel yes
      StdinNull yes
      SessionType none
      ForkAfterAuthentication yes
      ServerAliveInterval 1
      ServerAliveCountMax 1
      VisualHostKey yes
      EscapeChar {
      UpdateHostKeys ask
      LogLevel DEBUG3
      Compression yes
    Host *
      StrictHostKeyChecking accept-new

    """

  @Test(
    "With interfering options in ssh_config, the host is reached by separate connections, also after a cut"
  )
  func ownConnections() async throws {
    try await SSHBed.run { bed in
      try bed.prepare("ssh: root@falco", network: "external", lasting: "6s")
      try bed.write(Self.configuration, to: "/root/.ssh/config", mode: 0o600)
      // A shared connection that exists and no longer works.
      let master =
        "ssh -F /dev/null -fNM -o ControlPath=/run/master-falco -o StrictHostKeyChecking=no root@10.9.0.1"
      #expect(
        try bed.shell("\(master); pkill -STOP -f '^\(master)'; ls /run/master*").output
          == "/run/master-falco\n")

      let plan = try bed.plan(environment: ["SITE": "here"])
      #expect(plan.code == 0, "\(plan.output)\(plan.errors)")
      #expect(plan.output.contains("control  cut") && !plan.output.contains("note:"), "\(plan.output)")
      // The configuration needs this variable to reach the host.
      #expect(try bed.plan().output.contains("no connection by ssh root@falco"))

      let run = try bed.cut(environment: ["SITE": "here"])
      for line in ["falco lost", "falco answers again", "reverted, by deadline"] {
        #expect(run.errors.contains(line), "\(run.errors)")
      }
      #expect(!run.errors.contains("local") && !run.errors.contains("remote"))
      #expect(try bed.shell("ls /run/master*").output == "/run/master-falco\n")
    }
  }

  @Test(
    "The agent finds the control path through sudo with any login shell", arguments: ["ann", "cleo", "fay"])
  func sudo(_ user: String) async throws {
    try await SSHBed.run { bed in
      let host = "ssh: \(user)@10.9.0.1, become: sudo"
      for (network, control) in [("internal", "control  stays"), ("external", "control  cut")] {
        try bed.prepare(host, network: network, lasting: "6s")
        let plan = try bed.plan()
        #expect(plan.code == 0 && plan.output.contains(control), "\(plan.output)\(plan.errors)")
      }
      #expect(try bed.murphy("hold").output == "falco: held\n")
      #expect(try bed.murphy("release").code == 0)
      guard user == "ann" else { return }
      // Debian's sudo runs it in a pseudo-terminal; its stdin stays a pipe.
      let run = try bed.cut()
      for line in ["falco lost", "falco answers again", "reverted, by deadline"] {
        #expect(run.errors.contains(line), "\(run.errors)")
      }
    }
  }

  @Test("Each reason why the agent can't start is refused with the next step")
  func refusals() async throws {
    try await SSHBed.run { bed in
      func expectRefused(_ host: String, _ words: [String]) throws {
        try bed.prepare(host)
        let plan = try bed.plan()
        #expect(plan.code == 3)
        for text in words { #expect(plan.output.contains(text), "\(plan.output)") }
      }
      let sudo = "ssh: ann@10.9.0.1, become: sudo"
      let needs = [
        "falco: sudo didn't start murphy-agent there (exit code 1)",
        "ann ALL=(root) NOPASSWD: /usr/local/bin/murphy-agent",
      ]
      try bed.write("ann ALL=(root) NOPASSWD: ALL\nDefaults:ann requiretty\n", to: "/etc/sudoers.d/murphy")
      try expectRefused(sudo, needs + ["no requiretty for ann"])
      try bed.write("", to: "/etc/sudoers.d/murphy")
      try expectRefused(sudo, needs)
      try bed.write("ann ALL=(root) NOPASSWD: ALL\n", to: "/etc/sudoers.d/murphy")
      _ = try bed.shell("rm /usr/local/bin/murphy-agent")
      try expectRefused(sudo, needs + ["murphy-agent in secure_path"])
      try expectRefused(
        "ssh: root@10.9.0.1",
        [
          "falco: murphy-agent can't be started there (exit code 127): put it into root's PATH",
          "command not found",
        ])
      try bed.write("no program", to: "/usr/local/bin/murphy-agent")
      try expectRefused("ssh: root@10.9.0.1", ["falco: murphy-agent can't be executed there (exit code 126)"])
      try expectRefused("ssh: root@10.9.0.3", ["falco: no connection by ssh root@10.9.0.3", "port 22: "])
      try expectRefused(
        "ssh: noone@10.9.0.1", ["falco: no connection by ssh noone@10.9.0.1", "Permission denied"])
      _ = try bed.shell("usermod --shell /usr/sbin/nologin ann")
      try expectRefused(
        "ssh: ann@10.9.0.1",
        ["the login shell ended there with 1", "printed: This account is currently not available."])
    }
  }
}

extension String {
  /// The number of occurrences of another text in this one.
  fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
