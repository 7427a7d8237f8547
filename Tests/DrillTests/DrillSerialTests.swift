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

extension Tag {
  /// Needs root and a whole lab.
  @Tag static var lab: Self
}

/// The product as a user runs it: the built programs, against a whole lab.
@Suite(.serialized, .tags(.lab), .enabled(if: getuid() == 0, "needs root: makes namespaces and mounts"))
struct DrillSerialTests {
  @Test("A drill in a lab runs from a scenario file to a report, and leaves no residue")
  func aDrillFromAFileToAReport() async throws {
    try await withLab { lab in
      try planChangesNothing(lab)
      try heldHostsRefuseEveryRun(lab)
      try freezeIsMeasuredAndReverted(lab)
      try hostThatIsCutOffRevertsItsFaultItself(lab)
      try twoSettingsTakeTurns(lab)
      try aKilledRunIsResumed(lab)
      try killedControllerLeavesNothing(lab)
      try aNewcomerNeedsWhatInitPrintsAlone(lab)
    }
  }

  /// A step begins by the alert of a real Alertmanager, which names the host that is cut off.
  @Test(
    "A step begins when a real Alertmanager fires, and notices reach their receiver",
    .enabled(
      if: TestTools.have(
        ["prometheus", "prometheus-alertmanager", "prometheus-node-exporter"].map { "/usr/bin/\($0)" }),
      "needs the Debian packages prometheus, prometheus-alertmanager and prometheus-node-exporter"))
  func alertsOfARealMonitoringAreSeen() async throws {
    try await withLab(.named("monitored")) { lab in
      let scenario = "\(lab.folder)/alert.yaml"
      let text = """
        scenario: alert
        steady: {for: 3s, probes: [website], views: [alerts, targets, pager]}
        timeline:
          - {at: 0s, fault: host.unplug, target: {host: falco}, for: 30s}
          - {when: alerts sees falco down, fault: vm.freeze, target: {vm: web}, for: 2s}
        recovery: {stable: 3s, no-progress: 2m, cap: 5m}

        """
      try DurableFile.write(Array(text.utf8), to: scenario)
      let run = try lab.murphy("run", scenario, "--out", lab.runs)
      #expect(run.code == 0, "\(run.errors)")
      let folder = run.folder
      let words = try RunFiles(path: folder).entries().compactMap { entry -> String? in
        if case .viewSeen(let view, .verdict(let verdict), nil, false) = entry.event {
          return "\(view): \(verdict.words)"
        }
        return nil
      }
      // What a person would receive, after a canary has proven that it arrives.
      #expect(words.first { $0.hasPrefix("pager") } == "pager: nothing delivered fires")
      #expect(words.contains("pager: 1 firing: HostDown (10.77.2.13:9100)"), "\(words)")
      #expect(words.last { $0.hasPrefix("pager") } == "pager: nothing delivered fires")
      #expect(words.first { $0.hasPrefix("alerts") } == "alerts: no alert fires")
      #expect(words.contains("alerts: 1 firing: HostDown (10.77.2.13:9100)"), "\(words)")
      #expect(words.contains { $0.hasPrefix("targets: ") && $0.contains("host=\"falco\"") }, "\(words)")
      #expect(words.last { $0.hasPrefix("alerts") } == "alerts: no alert fires")
    }
  }

  private func planChangesNothing(_ lab: DrillLab) throws {
    let before = try lab.everythingThatAFaultCouldTouch()
    let plan = try lab.murphy(
      "plan", lab.scenario(fault: "host.unplug", target: "{host-of: web}", lasting: "20s"))
    #expect(plan.code == 0, "\(plan.errors)")
    #expect(plan.output.contains("control  cut"))
    #expect(try lab.everythingThatAFaultCouldTouch() == before)
  }

  private func heldHostsRefuseEveryRun(_ lab: DrillLab) throws {
    let scenario = try lab.scenario(fault: "vm.freeze", target: "{vm: web}", lasting: "4s")
    #expect(try lab.murphy("hold", "--reason", "disks are replaced", "dauntless", "falco").code == 0)
    for refused in [try lab.murphy("plan", scenario), try lab.murphy("run", scenario, "--out", lab.runs)] {
      #expect(refused.code == 3)
      let printed = refused.output + refused.errors
      for host in ["dauntless", "falco"] { #expect(printed.contains("\(host): held since "), "\(printed)") }
      #expect(printed.contains(": disks are replaced; when runs may continue, run murphy release"))
    }
    #expect(try lab.murphy("release").code == 0)
  }

  private func freezeIsMeasuredAndReverted(_ lab: DrillLab) throws {
    let run = try lab.murphy(
      "run", lab.scenario(fault: "vm.freeze", target: "{vm: web}", lasting: "4s"), "--out", lab.runs)
    let folder =
      run.output.trimmingPrefix { $0.isWhitespace }.split(separator: "\n").last.map(String.init) ?? ""
    #expect(run.code == 0, "\(run.errors)")
    let journal = try RunFiles(path: folder).journal()
    let reverted = try #require(journal.reverted)
    #expect(reverted.cause == .deadline)
    let frozen = journal.samples.filter { $0.verdict == .fail && $0.probe == "website" }
    #expect(frozen.count > 10)
    #expect(journal.residue.isEmpty)

    let written = try Self.report(in: folder)
    #expect(try lab.murphy("report", folder).code == 0)
    #expect(try Self.report(in: folder) == written)
  }

  private func hostThatIsCutOffRevertsItsFaultItself(_ lab: DrillLab) throws {
    let scenario = try lab.scenario(
      fault: "host.unplug", target: "{host: falco}", lasting: "6s", mode: "silent")
    let run = try lab.murphy("run", scenario, "--out", lab.runs)
    let folder = run.folder
    let journal = try RunFiles(path: folder).journal()
    let asked = try #require(journal.asked)
    #expect(asked.cutsControlPath)
    let effective = try #require(journal.effective, "\(run.errors)")
    let reverted = try #require(journal.reverted)
    #expect(reverted.cause == .deadline)
    #expect(reverted.at > effective.at)
    #expect(journal.residue.isEmpty)
    #expect(try lab.on("falco", "nft list tables").output.contains("murphy") == false)
  }

  private func killedControllerLeavesNothing(_ lab: DrillLab) throws {
    let scenario = try lab.scenario(fault: "vm.freeze", target: "{vm: web}", lasting: "5m")
    let controller = try lab.start("run", scenario, "--out", lab.runs)
    try lab.wait("frozen") { try lab.states().contains("paused") }
    controller.kill()
    try lab.wait("running again") { try lab.states().contains("running") }
    // The lease's end stays on the host's disk until a controller or `recover` has read it.
    let recovered = try lab.murphy("recover")
    #expect(recovered.code == 0, "\(recovered.errors)")
    #expect(recovered.output.contains("by stdin"))
    let again = try lab.murphy("recover")
    #expect(again.output == "no fault is active on the fleet's hosts\n", "\(again.output)")
  }

  /// The lab as three plain hosts, without agents and policies: `init`, the commands that it prints, `check`, `new`,
  /// `plan`, `run`.
  private func aNewcomerNeedsWhatInitPrintsAlone(_ lab: DrillLab) throws {
    let hosts = ["dauntless", "excelsior", "falco"]
    for host in hosts {
      let removed = try lab.on(
        host,
        "umount /usr/local/bin/murphy-agent && rm -f /usr/local/bin/murphy-agent /etc/murphy/agent.json")
      #expect(removed.code == 0, "\(removed.errors)")
    }
    let out = "\(lab.folder)/newcomer"
    let drafted = try lab.murphy(
      "init", "--out", out, "--ssh-config", lab.lab.sshConfigFile, "--netns", lab.networkNamespace,
      and: hosts.map { "root@\($0)" })
    #expect(drafted.code == 0, "\(drafted.errors)")
    let commands = drafted.errors.split(separator: "\n").filter {
      $0.hasPrefix("  nsenter ")
    }
    #expect(commands.count == 3, "a policy for each host: \(drafted.errors)")
    for command in commands {
      let done = try lab.shell(command)
      #expect(done.code == 0, "\(command): \(done.errors)")
    }
    let fleet = ["--fleet", "\(out)/fleet.yaml"]
    #expect(drafted.errors.contains("  murphy deploy \(fleet.joined(separator: " ")) --agent "))
    let deployed = try lab.murphy("deploy", "--agent", TestProducts.agent, and: fleet)
    #expect(deployed.code == 0, "\(deployed.errors)")
    #expect(try lab.murphy("new", "first", "--out", out, and: fleet).code == 0)
    let scenario = "\(out)/first.yaml"
    // Unchanged, it takes more than a minute.
    let text = String(decoding: try DurableFile.read(scenario), as: UTF8.self)
    let brief = text.replacing("for: 60s", with: "for: 4s").replacing("for: 10s", with: "for: 3s")
      .replacing("stable: 10s", with: "stable: 3s")
    try DurableFile.write(Array(brief.utf8), to: scenario)
    let check = try lab.murphy("check", scenario, and: ["\(out)/fleet.yaml"])
    #expect(check.code == 0 && check.errors == "", "\(check.errors)")
    let plan = try lab.murphy("plan", scenario, and: fleet)
    #expect(plan.code == 0 && plan.output.contains("cuts     eth1 (carrier)"), "\(plan.output)\(plan.errors)")
    let run = try lab.murphy("run", scenario, "--out", lab.runs, and: fleet)
    let folder = run.folder
    try JudgedRun(in: folder).expectNothingMissed(run.code, "\(run.errors)")
  }

  private static func report(in folder: String) throws -> [[UInt8]] {
    try ["run.json", "report.html", "report.md", "junit.xml"].map {
      try DurableFile.read("\(folder)/\($0)", limit: 1 << 24)
    }
  }
}

extension RunJournal {
  var asked: LeaseRequested? { first { if case .leaseRequested(let value) = $0 { value } else { nil } } }
  var effective: LeaseEffective? { first { if case .leaseEffective(let value) = $0 { value } else { nil } } }
  var reverted: LeaseReverted? { first { if case .leaseReverted(let value) = $0 { value } else { nil } } }

  /// Differences on any host; a missing audit counts as one.
  var residue: [String] {
    let audits = entries.compactMap { entry -> [String]? in
      guard case .residueAudited(_, let differences, let uncompared) = entry.event else { return nil }
      return differences.map(\.description) + uncompared
    }
    return audits.count == 3 ? audits.flatMap(\.self) : ["\(audits.count) of 3 hosts were audited"]
  }

  private func first<Value>(_ value: (Event) -> Value?) -> Value? {
    for entry in entries { if let found = value(entry.event) { return found } }
    return nil
  }
}
