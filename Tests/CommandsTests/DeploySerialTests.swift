import AgentProtocol
import ProductTesting
import Testing

/// `murphy deploy` over a real ssh.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: SSHBed.isPossible, "needs root, and unshare, nsenter, tini, sshd, sudo, csh and fish"))
struct DeploySerialTests {
  private static let version = Greeting.current.version
  private static let place = "/usr/local/bin/murphy-agent"
  private static let small = "/root/small-agent"

  /// Removes the bed's agent, lets its users be root, and writes a small agent of this version.
  private func prepare(_ bed: SSHBed, _ user: String = "root") throws {
    try bed.prepare("ssh: \(user)@10.9.0.1" + (user == "root" ? "" : ", become: sudo"))
    try bed.write("\(user) ALL=(root) NOPASSWD: ALL\n", to: "/etc/sudoers.d/murphy")
    try bed.write(Self.agent(Self.version), to: Self.small, mode: 0o755)
    _ = try bed.shell("rm \(Self.place)")
  }

  /// A program that prints a version, after a line of shell.
  private static func agent(_ version: String, _ line: String = ":") -> String {
    "#!/bin/sh\n\(line)\n[ \"$*\" = --version ] && echo \(version)\n"
  }

  /// The folder of the agent, with each file's content.
  private func installed(_ bed: SSHBed) throws -> String {
    try bed.shell("cd /usr/local/bin; ls; cat murphy-agent* | sha256sum").output
  }

  @Test(
    "An agent is copied with any login shell and through sudo, and nothing else changes",
    arguments: ["root", "ann", "cleo", "fay"])
  func copy(_ user: String) async throws {
    try await SSHBed.run { bed in
      try prepare(bed, user)
      func deploy(_ more: String) throws -> MurphyProgram.Outcome {
        try bed.murphy("deploy", "--agent", TestProducts.agent, more)
      }
      let missing = try deploy("--check")
      #expect(missing.code == 1 && missing.errors == "", "\(missing)")
      #expect(missing.output == "falco: has no agent: \(Self.version) would be copied\n")
      #expect(try bed.shell("touch /run/before; ls /usr/local/bin").output.contains("murphy-agent") == false)

      let done = try deploy("falco")
      #expect(done.code == 0 && done.errors == "", "\(done)")
      #expect(done.output == "falco: copied version \(Self.version) to \(Self.place)\n")
      let file = try bed.shell("cmp \(TestProducts.agent) \(Self.place); stat -c %a:%U:%G \(Self.place)")
      #expect(file.output == "755:root:root\n")
      // A shell may write to its user's home.
      let changed = try bed.shell("find /mnt -type f -newer /run/before | grep -v ^/mnt/home")
      #expect(changed.output == "/mnt/usr-local/bin/murphy-agent\n")

      let same = try deploy("--check")
      #expect(same.code == 0, "\(same)")
      #expect(same.output == "falco: has this agent: version \(Self.version) in \(Self.place)\n")
      #expect(try bed.plan().code == 0)
    }
  }

  @Test("An older agent is replaced where root's PATH has it, and a newer one only with --downgrade")
  func replace() async throws {
    try await SSHBed.run { bed in
      try prepare(bed)
      try bed.write(Self.agent("0.1.0"), to: "/usr/local/sbin/murphy-agent", mode: 0o755)
      let check = try bed.murphy("deploy", "--agent", Self.small, "--check")
      let old = "version 0.1.0 in /usr/local/sbin/murphy-agent"
      #expect(check.code == 1)
      #expect(check.output == "falco: has \(old): \(Self.version) would be copied\n")
      let done = try bed.murphy("deploy", "--agent", Self.small)
      #expect(done.code == 0, "\(done)")
      #expect(done.output == "falco: copied version \(Self.version), in place of \(old)\n")
      #expect(try bed.shell("ls /usr/local/bin").output.contains("murphy-agent") == false)

      try bed.write(Self.agent("99.0.0"), to: "/usr/local/sbin/murphy-agent", mode: 0o755)
      let newer = try bed.murphy("deploy", "--agent", Self.small)
      #expect(newer.code == 3 && newer.output == "", "\(newer)")
      #expect(newer.errors.contains("falco: version 99.0.0 in /usr/local/sbin/murphy-agent is newer than"))
      let downgraded = try bed.murphy("deploy", "--agent", Self.small, "--downgrade")
      #expect(downgraded.code == 0, "\(downgraded)")
    }
  }

  @Test("A host with a lease, without sudo for sh, or where the copy doesn't start keeps its agent")
  func refused() async throws {
    try await SSHBed.run { bed in
      try prepare(bed)
      try bed.write(Self.agent("0.1.0"), to: Self.place, mode: 0o755)
      let before = try installed(bed)
      func expectRefused(_ reason: String, agent: String = Self.small) throws {
        let outcome = try bed.murphy("deploy", "--agent", agent)
        #expect(outcome.code == 3 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.hasPrefix("falco: ") && outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(outcome.errors.hasSuffix("\nwithout this agent: falco\n"), "\(outcome.errors)")
        #expect(try installed(bed) == before)
      }
      _ = try bed.shell("mkdir -p /var/lib/murphy/leases; touch /var/lib/murphy/leases/run-cut.lease")
      try expectRefused(
        "nothing was replaced: /var/lib/murphy/leases/run-cut.lease exists: wait for the end of its run, or run murphy "
          + "recover")
      _ = try bed.shell("rm /var/lib/murphy/leases/run-cut.lease")

      // The controller has the other end of the cable.
      try bed.write(
        Self.agent(Self.version, "grep -q cable: /proc/net/dev || exit 1"), to: "/root/local-agent",
        mode: 0o755)
      try expectRefused("nothing was replaced: the copy does not start there", agent: "/root/local-agent")

      // The query and the copy each pass less than this, unless the agent is a real one.
      try bed.write(
        """
        Host 10.9.0.1
          ProxyCommand bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & head -c 300000 >&3; kill $!'
          StrictHostKeyChecking accept-new

        """, to: "/root/.ssh/config", mode: 0o600)
      let cut = try bed.murphy("deploy", "--agent", TestProducts.agent)
      #expect(cut.code == 3 && cut.errors.hasSuffix("\nwithout this agent: falco\n"), "\(cut)")
      let removed = try bed.shell(
        "for i in $(seq 600); do [ -e \(Self.place).new ] || exit 0; sleep 0.1; done; exit 1")
      #expect(removed.code == 0)
      #expect(try installed(bed) == before)
      try bed.write("StrictHostKeyChecking accept-new\n", to: "/root/.ssh/config", mode: 0o600)

      try bed.prepare("ssh: ann@10.9.0.1, become: sudo")
      try bed.write("ann ALL=(root) NOPASSWD: \(Self.place)\n", to: "/etc/sudoers.d/murphy")
      try expectRefused("sudo: a password is required")
      try expectRefused("/etc/sudoers.d/murphy: ann ALL=(root) NOPASSWD: /usr/bin/sh, /bin/sh")

      _ = try bed.shell(
        """
        cat >> /var/lib/dpkg/status << END

        Package: murphy-agent
        Status: install ok installed
        Maintainer: M <m@example.org>
        Version: 0.1.0
        Architecture: all
        Description: an agent
        END
        echo \(Self.place) > /var/lib/dpkg/info/murphy-agent.list
        """)
      try expectRefused(
        "version 0.1.0 in \(Self.place) belongs to the package murphy-agent: install its version")
    }
  }

  @Test("A file that isn't an agent of this version is bad input")
  func wrongFile() throws {
    try StandInSSH.run(["deploy", "--agent", "FOLDER/none"], ssh: "exit 1") { outcome, _ in
      #expect(outcome.code == 2 && outcome.output == "")
      #expect(outcome.errors.contains("No such file or directory"), "\(outcome.errors)")
    }
    try StandInSSH.run(["deploy", "--agent", "/bin/true"], ssh: "exit 1") { outcome, _ in
      #expect(outcome.code == 2)
      #expect(
        outcome.errors.contains("/bin/true: its --version prints true (GNU coreutils)"), "\(outcome.errors)")
    }
    try StandInSSH.run(["deploy", "--agent", "/bin/false"], ssh: "exit 1") { outcome, _ in
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("/bin/false: not an agent that starts here: "), "\(outcome.errors)")
    }
  }
}
