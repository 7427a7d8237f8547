import FoundationEssentials
import Glibc
import Journal
import Lab
import Linux
import ProductTesting
import Runner
import Scenario
import Testing
import ToolTesting

/// The product on plain KVM: one and two hosts with libvirt's modular sockets, without cluster, shared storage and views.
@Suite(
  .serialized, .tags(.lab), .enabled(if: getuid() == 0, "needs root: makes namespaces and mounts"),
  .enabled(
    if: TestTools.have(["/usr/bin/sudo", "/usr/sbin/useradd"]), "needs the Debian packages sudo and passwd"))
struct PlainDrillSerialTests {
  @Test("Drills on one host are measured: a hung guest, a reset host, and a restore from the backup")
  func drills() async throws {
    try await withLab(.named("plain")) { lab in
      try onlyModularSockets(lab, on: [Self.host])
      try guestHangs(lab)
      try guestIsRestored(lab)
      try hostIsReset(lab)
      try sudoInsteadOfRoot(lab, on: [Self.host], running: Self.host)
    }
  }

  @Test(
    "A host of two is lost, and the time until its machine serves from the other host's backup is measured")
  func lostHost() async throws {
    try await withLab(.named("two-plain")) { lab in
      try onlyModularSockets(lab, on: [Self.host, Self.other])
      try guestIsRestoredElsewhere(lab)
      try sudoInsteadOfRoot(lab, on: [Self.host, Self.other], running: Self.other)
    }
  }

  private static let host = "dauntless"
  private static let other = "excelsior"

  /// The scenario of the package with this name.
  private func scenario(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Scenarios/\(name).yaml").path
  }

  private func journal(_ run: DrillLab.Printed) throws -> RunJournal {
    try RunFiles(path: run.folder).journal()
  }

  /// Differences that count as residue, and parts that were not compared, on all hosts of a run.
  private func residue(_ journal: RunJournal, hosts: Int = 1) -> [String] {
    let audits = journal.entries.compactMap { entry -> [String]? in
      guard case .residueAudited(_, let differences, let uncompared) = entry.event else { return nil }
      return differences.map(\.description) + uncompared
    }
    return audits.count == hosts ? audits.flatMap { $0 } : ["\(audits.count) audits"]
  }

  /// The boots from which the website answered, in their order.
  private func boots(_ journal: RunJournal) -> [String] {
    var boots: [String] = []
    for sample in journal.samples where sample.probe == "website" && sample.verdict == .ok {
      if let boot = sample.boot, boots.last != boot { boots.append(boot) }
    }
    return boots
  }

  private func onlyModularSockets(_ lab: DrillLab, on hosts: [String]) throws {
    for host in hosts {
      let sockets = try lab.on(host, "cd /run/libvirt && ls -d libvirt-sock* virtqemud-sock*").output
      #expect(sockets == "virtqemud-sock\nvirtqemud-sock-ro\n", "\(host)")
    }
  }

  private func guestHangs(_ lab: DrillLab) throws {
    let path = "\(lab.folder)/hang.yaml"
    let text = """
      scenario: hang
      steady: {for: 3s, probes: [website, writes]}
      timeline:
        - {at: 0s, fault: vm.freeze, target: {vm: web}, for: 4s, mode: hang}
      recovery: {stable: 3s, no-progress: 60s, cap: 3m}
      objectives: {website.downtime: max 30s, writes.lost: max 0, residue: max 0}

      """
    try DurableFile.write(Array(text.utf8), to: path)
    let plan = try lab.murphy("plan", path)
    #expect(plan.code == 0 && plan.output.contains("1 up, quorum 0"), "\(plan.output)\(plan.errors)")
    let run = try lab.murphy("run", path, "--out", lab.runs)
    try JudgedRun(in: run.folder).expectNothingMissed(run.code, "\(run.errors)")
    let journal = try journal(run)
    #expect(journal.reverted?.cause == .deadline)
    #expect(journal.samples.count { $0.verdict == .fail && $0.probe == "website" } > 10)
    #expect(boots(journal).count == 1)
    #expect(residue(journal) == [])
    let recovered = try lab.murphy("recover")
    #expect(recovered.code == 0, "\(recovered.errors)")
  }

  /// The operator begins when the machine is gone, with the lab's runbook.
  private func guestIsRestored(_ lab: DrillLab) throws {
    let runs = "\(lab.folder)/restores"
    let controller = try lab.start("run", scenario("plain-restore-vm"), "--out", runs)
    try lab.wait("killed") {
      try lab.on(Self.host, "virsh -c qemu:///system domstate web").output.hasPrefix("shut off")
    }
    let restored = try lab.on(Self.host, "sh /etc/lab/restore.sh")
    #expect(restored.code == 0, "\(restored.errors)")
    let code = try controller.wait(within: .seconds(300))?.code
    let folders = try DurableFile.list(runs).filter { $0.contains("plain-restore-vm") }
    #expect(folders.count == 1, "\(folders)")
    let folder = "\(runs)/\(folders.first ?? "")"
    try JudgedRun(in: folder).expectNothingMissed(code)
    let journal = try RunFiles(path: folder).journal()
    #expect(journal.effective != nil)
    #expect(boots(journal).count == 2)
    #expect(residue(journal) == [])
  }

  /// The operator begins when the host is gone, with the runbook on the other one. The host's power returns with the machine
  /// on the other host, and without it on its own.
  private func guestIsRestoredElsewhere(_ lab: DrillLab) throws {
    let path = "\(lab.folder)/lost.yaml"
    let shipped = String(decoding: try DurableFile.read(scenario("plain-lost-host")), as: UTF8.self)
    let brief = shipped.replacing("for: 10m", with: "for: 1m").replacing("10s", with: "3s")
    #expect(brief != shipped)
    try DurableFile.write(Array(brief.utf8), to: path)
    let refused = try lab.on(Self.other, "sh /etc/lab/restore.sh")
    #expect(refused.code == 1 && refused.errors.contains("web runs on \(Self.host)"), "\(refused.errors)")

    let runs = "\(lab.folder)/losses"
    let controller = try lab.start("run", path, "--out", runs)
    try lab.wait("lost") { try lab.on(Self.host, "true").code != 0 }
    let restored = try lab.on(Self.other, "sh /etc/lab/restore.sh")
    #expect(restored.code == 0, "\(restored.errors)")
    let code = try controller.wait(within: .seconds(400))?.code
    let folders = try DurableFile.list(runs).filter { $0.contains("plain-lost-host") }
    #expect(folders.count == 1, "\(folders)")
    let folder = "\(runs)/\(folders.first ?? "")"
    try JudgedRun(in: folder).expectNothingMissed(code)
    let journal = try RunFiles(path: folder).journal()
    #expect(boots(journal).count == 2)
    let run = try JudgedRun(in: folder)
    #expect(run.metrics.trials.map(\.failOvers) == [[.init(vm: "web", from: Self.host, to: Self.other)]])
    let report = String(decoding: try DurableFile.read("\(folder)/report.md"), as: UTF8.self)
    #expect(report.contains("VM restarted") && !report.contains("failed over"), "\(report)")
    let states = try [Self.host, Self.other].map {
      try lab.on($0, "virsh -c qemu:///system domstate web").output.split(separator: "\n").first
    }
    #expect(states == ["shut off", "running"])
  }

  /// Nothing takes over: libvirt starts the guest again at the host's boot.
  private func hostIsReset(_ lab: DrillLab) throws {
    let run = try lab.murphy("run", scenario("plain-reset-host"), "--out", lab.runs)
    try JudgedRun(in: run.folder).expectNothingMissed(run.code, "\(run.errors)")
    let journal = try journal(run)
    #expect(journal.effective != nil)
    #expect(boots(journal).count == 2)
  }

  /// A user without root's ssh: what sudo lacks is named with the line to add, and what init prints is enough.
  private func sudoInsteadOfRoot(_ lab: DrillLab, on hosts: [String], running: String) throws {
    func root(_ line: String) throws {
      for host in hosts {
        let done = try lab.on(host, line)
        #expect(done.code == 0, "\(host): \(line): \(done.errors)")
      }
    }
    func allow(_ what: String) throws {
      try root(
        "echo 'ann ALL=(root) NOPASSWD: \(what)' > /etc/sudoers.d/murphy; chmod 440 /etc/sudoers.d/murphy")
    }
    try root("umount /usr/local/bin/murphy-agent && rm -f /usr/local/bin/murphy-agent /etc/murphy/agent.json")
    try root("useradd --create-home --shell /bin/sh --password '*' ann")
    let out = "\(lab.folder)/ann"
    let drafted = try lab.murphy(
      "init", "--out", out, "--ssh-config", lab.lab.sshConfigFile, "--netns", lab.networkNamespace,
      "--become", "sudo", and: hosts.map { "ann@\($0)" })
    #expect(drafted.code == 0, "\(drafted.errors)")
    let fleetFile = "\(out)/fleet.yaml"
    let text = String(decoding: try DurableFile.read(fleetFile), as: UTF8.self)
    let quorum = "quorum: \(hosts.count - 1) "
    for line in ["become: sudo\n", "{domain: web}  # runs on \(running)\n", quorum, "views: {}\n"] {
      #expect(text.contains(line), "\(line)\nisn't in\n\(text)")
    }
    #expect(drafted.errors.contains("#   ann ALL=(root) NOPASSWD: /usr/local/bin/murphy-agent\n"))

    let fleet = ["--fleet", fleetFile]
    let refused = try lab.murphy("deploy", "--agent", TestProducts.agent, and: fleet)
    #expect(refused.code == 3, "\(refused.output)")
    #expect(refused.errors.contains("ann ALL=(root) NOPASSWD: /usr/bin/sh, /bin/sh"), "\(refused.errors)")
    try allow("ALL")
    let deployed = try lab.murphy("deploy", "--agent", TestProducts.agent, and: fleet)
    #expect(deployed.code == 0, "\(deployed.errors)")
    let commands = drafted.errors.split(separator: "\n").filter { $0.hasPrefix("  nsenter ") }
    #expect(commands.count == hosts.count, "\(drafted.errors)")
    for command in commands {
      let done = try lab.shell(command)
      #expect(done.code == 0, "\(command): \(done.errors)")
    }
    try allow("/usr/local/bin/murphy-agent")
    #expect(try lab.murphy("new", "first", "--fault", "vm.freeze", "--out", out, and: fleet).code == 0)
    let first = "\(out)/first.yaml"
    // Unchanged, it takes more than a minute.
    let brief = String(decoding: try DurableFile.read(first), as: UTF8.self)
      .replacing("for: 60s", with: "for: 4s").replacing("for: 10s", with: "for: 3s")
      .replacing("stable: 10s", with: "stable: 3s")
    try DurableFile.write(Array(brief.utf8), to: first)
    let check = try lab.murphy("check", first, and: [fleetFile])
    #expect(check.code == 0 && check.errors == "", "\(check.errors)")
    let run = try lab.murphy("run", first, "--out", lab.runs, and: fleet)
    try JudgedRun(in: run.folder).expectNothingMissed(run.code, "\(run.errors)")
    let journal = try journal(run)
    #expect(journal.reverted?.cause == .deadline)
    #expect(residue(journal, hosts: hosts.count) == [])
  }
}
