import Agent
import AgentProtocol
import FoundationEssentials
import Glibc
import IsolatedHost
import Journal
import Lab
import Linux
import Scenario
import Scenario

/// Incidents on a host during a fault, other than signals. Each is scripted, and must leave no residue.
struct LabSpecials {
  let lab: TortureLab

  /// A special case; returns the residue, a line each, and observations.
  struct Special: Sendable {
    var name: String
    var perform: @Sendable (LabSpecials) throws -> LabResult
  }

  static let all: [Special] = [
    Special(name: "controller SIGTERM") { try $0.signalled(SIGTERM, "SIGTERM") },
    Special(name: "controller SIGHUP") { try $0.signalled(SIGHUP, "SIGHUP") },
    Special(name: "controller SIGINT") { try $0.signalled(SIGINT, "SIGINT") },
    Special(name: "libvirtd restarted") { try $0.libvirtdRestarted() },
    Special(name: "libvirtd hung over the deadline") { try $0.libvirtdHung() },
    Special(name: "domain gone") { try $0.domainGone() },
    Special(name: "domain started again on another host") { try $0.domainMoved() },
    Special(name: "domain migrated while it is frozen") { try $0.domainMigrated() },
    Special(name: "domain migrated while it is frozen, controller killed") {
      try $0.domainMigratedAndAlone()
    },
    Special(name: "link renamed") { try $0.linkRenamed() },
    Special(name: "nft ruleset flushed") { try $0.tableLost("nft flush ruleset") },
    Special(name: "nft table deleted") {
      try $0.tableLost("nft delete table $(nft list tables | grep murphy_ | cut -d' ' -f2-)")
    },
    Special(name: "message cut in half, then silence") { try $0.halfAMessage(thenClosed: false) },
    Special(name: "message cut in half, then the end") { try $0.halfAMessage(thenClosed: true) },
    Special(name: "wall clock a day ahead") { try $0.wallClock("+1d") },
    Special(name: "wall clock a day back") { try $0.wallClock("-1d") },
    Special(name: "all stopped over the deadline") { try $0.allStopped() },
    Special(name: "boot clock a day ahead of the monotonic one") { try $0.bootClockAhead() },
    Special(name: "link removed, then power cut and boot") { try $0.powerCut() },
  ]

  private func fault(_ title: String) throws -> LabFault {
    guard let fault = LabFault.all.first(where: { $0.title == title }) else {
      throw TortureFailed("no \(title)")
    }
    return fault
  }

  func result(_ fault: String, _ host: TorturedLabHost, _ who: String, _ how: String) -> LabResult {
    LabResult(
      part: "special", fault: fault, host: host.name, who: who, how: how, moment: LabMoment.holding.rawValue,
      aimed: LabMoment.holding.rawValue, link: "", kills: 0)
  }

  /// Whether a fault is observed on a host, by the host's own tools.
  private func sees(_ fault: LabFault, on host: TorturedLabHost) throws -> Bool {
    let line =
      switch fault.observed {
      case .inNamespace(.linksDown), .onHost(.linksFlap):
        fault.links.map { "! ip -o link show \($0) | grep -q '[<,]UP[,>]'" }.joined(separator: " || ")
      case .inNamespace(.linksSlowed): "tc qdisc show | grep -qE '^qdisc (tbf|netem)'"
      case .inNamespace(.packetsDropped): "nft list ruleset | grep -q 'elements = '"
      case .onDomain(.suspended): "virsh domstate \(host.domain) 2> /dev/null | grep -q paused"
      // `LabFault.all` has none of these.
      case .onDomain(.reset), .onDomain(.interrupted), .onHost(.diskFull), .onHost(.writesWait),
        .onHost(.processorsBusy), .byBMC, .byItsTests:
        "false"
      case .onDomain(.unlinked):
        "virsh dumpxml \(host.domain) 2> /dev/null | grep -q \"<link state='down'/>\""
      case .onDomain(.throttled):
        "virsh blkdeviotune \(host.domain) hda 2> /dev/null | grep -q '_sec *: *[1-9]'"
      case .onDomain(.stopped), .onDomain(.gone), .onProcess(.stopped), .onProcess(.gone),
        .onHost(.programsStopped):
        "ps -e -o stat=,args= | grep -q '^T.*guest=\(host.domain),'"
      }
    return try ChildProcess.run(
      host.inside(["timeout", "8", "sh", "-c", line]), environment: ToolEnvironment.root
    ).end.isSuccess
  }

  /// A run whose fault is active on a host, and its lease.
  private func held(_ title: String, on host: TorturedLabHost, lasting: String = "3s") throws -> (
    LabRun, LeaseOnDisk
  ) {
    let fault = try fault(title)
    let run = try LabRun([(fault.keys, fault.target(host.name))], lasting: lasting, on: lab, named: "special")
    var lease: LeaseOnDisk?
    let holds = waitUntil(within: 20_000, every: 2000) {
      if lease == nil, let tag = run.tag { lease = LeaseOnDisk(ofRun: tag, in: host.leases) }
      return lease?.log().isEffective == true
    }
    guard holds, let lease, try sees(fault, on: host) else {
      throw TortureFailed("\(title) was not active on \(host.name): \(run.lastWords)")
    }
    return (run, lease)
  }

  /// Waits for the lease's end and judges it: by the cause and the time in the lease's log, and by the host's tools, which
  /// must show no fault.
  private func judge(
    _ result: inout LabResult, _ title: String, _ lease: LeaseOnDisk, on host: TorturedLabHost, struck: Int64,
    patience: Int = 8000
  ) throws {
    let fault = try fault(title)
    var revert: Revert?
    _ = waitUntil(within: patience, every: 5000) {
      revert = lease.log().revert
      return revert != nil
    }
    let offset = Clock.boottime.now - Clock.monotonic.now
    if let revert {
      result.link = revert.cause.rawValue
      let at = revert.at.count + offset
      if at > lease.deadline { result.lateMs = Double(at - lease.deadline) / 1_000_000 }
      result.afterKillMs = Double(at - struck) / 1_000_000
    } else {
      result.link = LabResult.unnoted
    }
    if try sees(fault, on: host) { result.residue.append("\(title) is still active on \(host.name)") }
  }

  /// Ends the run and checks that there is no residue on any host.
  func close(_ run: LabRun?, _ result: inout LabResult) throws {
    if let run, !waitUntil(within: 12_000, every: 10_000, { !run.isRunning }) {
      _ = try run.controller.signal(SIGTERM)
      if !waitUntil(within: 8000, every: 10_000, { !run.isRunning }) {
        _ = try run.controller.signal(SIGKILL)
        result.notes.append("the controller had to be killed")
        _ = waitUntil(within: 2000, every: 10_000) { !run.isRunning }
      }
    }
    for host in lab.hosts where !waitUntil(within: 8000, every: 20_000, { host.murphys().isEmpty }) {
      result.residue.append("\(host.name): murphy-agent still runs")
    }
    let recovered = try lab.murphy("recover")
    if !recovered.end.isSuccess {
      result.residue.append("murphy recover: \(recovered.end): \(recovered.outputText)")
    }
    for host in lab.hosts { result.residue += try lab.differences(on: host) }
  }

  private func signalled(_ number: Int32, _ name: String) throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("link.drop carrier", host, "controller", name)
    let (run, lease) = try held("link.drop carrier", on: host, lasting: "30s")
    let struck = Clock.boottime.now
    if try run.controller.signal(number) { result.kills = 1 }
    try judge(&result, "link.drop carrier", lease, on: host, struck: struck)
    try close(run, &result)
    return result
  }

  private func libvirtd(on host: TorturedLabHost) throws -> SeenProcess {
    let found = SeenProcess.inNamespace(host.processes).first { $0.program == "libvirtd" }
    guard let found else { throw TortureFailed("\(host.name): no libvirtd") }
    return found
  }

  private func libvirtdRestarted() throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("vm.freeze pause", host, "libvirtd", "restart")
    let (run, lease) = try held("vm.freeze pause", on: host)
    let struck = Clock.boottime.now
    let old = try libvirtd(on: host)
    if try old.identity.signal(SIGTERM) { result.kills = 1 }
    _ = waitUntil(within: 10_000, every: 5000) { !old.identity.isThere }
    try host.run([
      "sh", "-c", "setsid -f libvirtd --listen >> /var/log/libvirt/libvirtd.log 2>&1 < /dev/null",
    ])
    try judge(&result, "vm.freeze pause", lease, on: host, struck: struck, patience: 20_000)
    try close(run, &result)
    return result
  }

  private func libvirtdHung() throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("vm.freeze pause", host, "libvirtd", "stop")
    let (run, lease) = try held("vm.freeze pause", on: host)
    let daemon = try libvirtd(on: host)
    if try daemon.identity.signal(SIGSTOP) { result.kills = 1 }
    while Clock.boottime.now < lease.deadline + 3_000_000_000 { usleep(10_000) }
    let isFrozen = lease.log().revert == nil
    let struck = Clock.boottime.now
    _ = try daemon.identity.signal(SIGCONT)
    try judge(&result, "vm.freeze pause", lease, on: host, struck: struck, patience: 30_000)
    result.notes.append(
      "libvirtd was stopped for 3 s past the deadline\(isFrozen ? "" : ", but an end was logged"); afterKillMs counts from "
        + "its SIGCONT")
    try close(run, &result)
    return result
  }

  private func domainGone() throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("vm.freeze pause", host, "domain", "destroyed")
    let (run, lease) = try held("vm.freeze pause", on: host)
    let struck = Clock.boottime.now
    try host.run(["virsh", "destroy", host.domain])
    try judge(&result, "vm.freeze pause", lease, on: host, struck: struck)
    try lab.startDomain(on: host)
    try close(run, &result)
    return result
  }

  /// Acts like a manager that considers the domain failed: stops it here and starts it there.
  private func domainMoved() throws -> LabResult {
    let (host, other) = (lab.hosts[0], lab.hosts[1])
    var result = result("vm.freeze pause", host, "domain", "started on \(other.name)")
    let (run, lease) = try held("vm.freeze pause", on: host)
    let struck = Clock.boottime.now
    let definition = try host.run(["virsh", "dumpxml", "--migratable", host.domain])
    try host.run(["virsh", "destroy", host.domain])
    try other.run([
      "sh", "-c", "printf '%s' \"$0\" > /run/moved.xml; virsh create /run/moved.xml", definition,
    ])
    try judge(&result, "vm.freeze pause", lease, on: host, struck: struck)
    if try other.run(["virsh", "domstate", host.domain]).contains("paused") {
      result.residue.append("\(host.domain) is paused on \(other.name)")
    }
    try other.run(["virsh", "destroy", host.domain])
    try lab.startDomain(on: host)
    try close(run, &result)
    return result
  }

  /// A paused domain that is migrated arrives paused, on a host without the lease. At the end of its lease the run
  /// resumes it on that host.
  private func domainMigrated() throws -> LabResult {
    let (host, other) = (lab.hosts[0], lab.hosts[1])
    var result = result("vm.freeze pause", host, "domain", "migrated to \(other.name)")
    let (run, lease) = try held("vm.freeze pause", on: host, lasting: "6s")
    let struck = Clock.boottime.now
    try migrate(host.domain, from: host, to: other)
    try judge(&result, "vm.freeze pause", lease, on: host, struck: struck)
    let ended = Clock.boottime.now
    if try waitUntil(within: 8000, every: 5000, { try !isPaused(host.domain, on: other) }) {
      result.notes.append(
        "runs on \(other.name) \((Clock.boottime.now - ended) / 1_000_000) ms after that was seen")
    } else {
      result.residue.append("\(host.domain) is paused on \(other.name)")
    }
    _ = waitUntil(within: 12_000, every: 10_000) { !run.isRunning }
    if run.events().contains(where: { $0.contains("\"residue.audited\"") && $0.contains(host.domain) }) {
      result.residue.append("the run's audit reports \(host.domain) as a difference")
    }
    try comeBack(host.domain, from: other, to: host, &result)
    try close(run, &result)
    return result
  }

  /// Without a controller that can reach both hosts, `murphy doctor` must report the domain, and `murphy recover` must
  /// resume it.
  private func domainMigratedAndAlone() throws -> LabResult {
    let (host, other) = (lab.hosts[0], lab.hosts[1])
    var result = result("vm.freeze pause", host, "controller", "killed, domain on \(other.name)")
    let (run, lease) = try held("vm.freeze pause", on: host, lasting: "6s")
    let struck = Clock.boottime.now
    try migrate(host.domain, from: host, to: other)
    if try run.controller.signal(SIGKILL) { result.kills = 1 }
    try judge(&result, "vm.freeze pause", lease, on: host, struck: struck)
    _ = waitUntil(within: 8000, every: 10_000) { lab.hosts.allSatisfy { $0.murphys().isEmpty } }
    if try !isPaused(host.domain, on: other) {
      result.notes.append("\(host.domain) ran on \(other.name) before it was recovered")
    }
    if try !other.doctor(lab.murphy).reports(domain: host.domain) {
      result.residue.append("murphy doctor on \(other.name) doesn't report \(host.domain)")
    }
    let recovered = try lab.murphy("recover")
    let expected = Recovery.resumed(domain: host.domain, lease: lease.name)
    if !recovered.end.isSuccess || !recovered.outputText.contains("\(expected)") {
      result.residue.append("murphy recover: \(recovered.end): \(recovered.outputText)")
    }
    if try isPaused(host.domain, on: other) {
      result.residue.append("\(host.domain) is paused on \(other.name)")
    }
    try comeBack(host.domain, from: other, to: host, &result)
    try close(run, &result)
    return result
  }

  private func migrate(_ domain: String, from host: TorturedLabHost, to other: TorturedLabHost) throws {
    try host.run([
      "timeout", "20", "virsh", "migrate", "--live", "--unsafe", domain, "qemu+tcp://\(other.name)/system",
    ])
    guard try isPaused(domain, on: other) else { throw TortureFailed("\(domain) did not arrive paused") }
  }

  private func isPaused(_ domain: String, on host: TorturedLabHost) throws -> Bool {
    try host.run(["virsh", "domstate", domain]).contains("paused")
  }

  /// Ends a domain on the host that it migrated to, checks that it no longer has a mark, and starts it again on its
  /// first host.
  private func comeBack(
    _ domain: String, from other: TorturedLabHost, to host: TorturedLabHost, _ result: inout LabResult
  ) throws {
    if try other.run(["virsh", "dumpxml", domain]).contains("murphy:lease") {
      result.residue.append("\(domain) has a lease's mark on \(other.name)")
    }
    try other.run(["virsh", "destroy", domain])
    try lab.startDomain(on: host)
  }

  private func linkRenamed() throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("link.drop carrier", host, "link", "renamed")
    let (run, lease) = try held("link.drop carrier", on: host)
    let struck = Clock.boottime.now
    try host.run(["ip", "link", "set", "eth1", "name", "other"])
    _ = waitUntil(within: 8000, every: 5000) { lease.log().revert != nil }
    if try !host.run(["ip", "-o", "link", "show", "other"]).contains(",UP") {
      result.residue.append("the link is down under its new name")
    }
    try host.run([
      "sh", "-c",
      "ip link set other down && ip link set other name eth1 && ip link set eth1 up",
    ])
    try judge(&result, "link.drop carrier", lease, on: host, struck: struck)
    try close(run, &result)
    return result
  }

  private func tableLost(_ command: String) throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("firewall.lock both, established kept", host, "nft table", command)
    let (run, lease) = try held("firewall.lock both, established kept", on: host)
    let struck = Clock.boottime.now
    try host.run(["sh", "-c", command])
    try judge(&result, "firewall.lock both, established kept", lease, on: host, struck: struck)
    try close(run, &result)
    return result
  }

  // MARK: An agent by hand

  private func byHand(
    _ result: inout LabResult, on host: TorturedLabHost, prefix: [String] = [],
    lasting: Nanoseconds = .seconds(3),
    _ meanwhile: (AgentSession, LeaseOnDisk, inout LabResult) throws -> Void
  ) throws {
    let agent = try AgentSession(cutting: host, lasting: lasting, prefix: prefix)
    guard let lease = LeaseOnDisk(ofRun: "hand", in: host.leases),
      try sees(fault("link.drop carrier"), on: host)
    else { throw TortureFailed("the cut by hand was not active") }
    let struck = Clock.boottime.now
    try meanwhile(agent, lease, &result)
    try judge(&result, "link.drop carrier", lease, on: host, struck: struck, patience: 12_000)
    try agent.awaitEnd()
    try close(nil, &result)
  }

  private func halfAMessage(thenClosed: Bool) throws -> LabResult {
    let host = lab.hosts[0]
    var result = result(
      "link.drop carrier", host, "message", thenClosed ? "half, then the end" : "half, then silence")
    let lasting: Nanoseconds = thenClosed ? .seconds(30) : .seconds(3)
    try byHand(&result, on: host, lasting: lasting) { agent, _, _ in
      try agent.send(Array(#"{"id":9,"request":{"revert":{"lea"#.utf8))
      if thenClosed { agent.endInput() }
    }
    return result
  }

  /// Changes only the agent's own wall clock, by libfaketime. The machine's clock is never changed. The watchdog gets
  /// no LD_PRELOAD.
  private func wallClock(_ offset: String) throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("link.drop carrier", host, "wall clock", offset)
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    guard access(library, R_OK) == 0 else { throw TortureFailed("no \(library): install faketime") }
    try host.run(["sh", "-c", "echo +0 > /run/faketime"])
    let preload = [
      "env", "LD_PRELOAD=\(library)", "FAKETIME_TIMESTAMP_FILE=/run/faketime", "FAKETIME_NO_CACHE=1",
      "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]
    try byHand(&result, on: host, prefix: preload) { _, _, result in
      try host.run(["sh", "-c", "echo \"$0\" > /run/faketime", offset])
      let output = try host.run(preload + ["date", "+%F"])
      result.notes.append("to the agent it was \(output.split(separator: "\n").first ?? "") from then on")
    }
    return result
  }

  /// Like a machine that was suspended: stopped processes continue after the deadline. This doesn't test the clocks of
  /// a suspended machine; the next case tests that deadlines use the boot clock.
  private func allStopped() throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("link.drop carrier", host, LabVictims.all.rawValue, "stopped over the deadline")
    let (run, lease) = try held("link.drop carrier", on: host)
    let all = [run.controller] + host.murphys().map(\.identity)
    for process in all where try process.signal(SIGSTOP) { result.kills += 1 }
    while Clock.boottime.now < lease.deadline + 2_000_000_000 { usleep(10_000) }
    if try !sees(fault("link.drop carrier"), on: host) {
      result.notes.append("it was reverted while all were stopped")
    }
    let struck = Clock.boottime.now
    for process in all { _ = try process.signal(SIGCONT) }
    try judge(&result, "link.drop carrier", lease, on: host, struck: struck)
    result.notes.append("afterKillMs counts from their SIGCONT")
    try close(run, &result)
    return result
  }

  /// Runs in a time namespace whose boot clock is a day ahead of the machine's, as after a day's suspension, while the
  /// monotonic clock is the machine's. The lease's deadline must use the boot clock.
  private func bootClockAhead() throws -> LabResult {
    let host = lab.hosts[0]
    var result = result("link.drop carrier", host, "boot clock", "a day ahead")
    let day: Int64 = 86_400_000_000_000
    let prefix = ["unshare", "--time", "--boottime", "86400", "--fork", "--kill-child"]
    try byHand(&result, on: host, prefix: prefix) { _, lease, result in
      let ahead = lease.deadline - Clock.boottime.now
      if abs(ahead - day) > 10_000_000_000 {
        result.residue.append(
          "the deadline is \(ahead / 1_000_000_000) s ahead: it isn't of the boot clock")
      }
    }
    // The log's times are from another clock than this process's.
    result.lateMs = nil
    result.afterKillMs = nil
    return result
  }

  /// A link is removed during a cut, and a power cut follows. At the next boot, the record is from another boot.
  private func powerCut() throws -> LabResult {
    let host = lab.hosts[2]
    var result = result("link.drop carrier", host, "host", "power cut and boot")
    let (run, lease) = try held("link.drop carrier", on: host)
    try host.run(["ip", "link", "delete", "eth1"])
    _ = waitUntil(within: 8000, every: 5000) { lease.log().revert != nil }
    result.notes.append(
      "link removed: \(lease.log().revert.map { "noted by \($0.cause.rawValue)" } ?? "no end noted")")
    _ = waitUntil(within: 12_000, every: 10_000) { !run.isRunning }
    if run.isRunning { _ = try run.controller.signal(SIGKILL) }
    try reboot(host)
    // Next, a fault is active at the power cut.
    let again = try lab.host(host.name)
    let (second, mine) = try held("link.drop carrier", on: again, lasting: "60s")
    let struck = Clock.boottime.now
    result.kills = 1
    try reboot(again)
    result.afterKillMs = Double(Clock.boottime.now - struck) / 1_000_000
    result.notes.append("afterKillMs is the whole boot's")
    let booted = try lab.host(host.name)
    let recoveries = try Recovery.results(in: try booted.run(["cat", "/var/log/murphy-recover.log"]))
    let isReverted = recoveries.contains {
      if case .reverted("link.drop", _, _, _) = $0 { true } else { false }
    }
    result.link = isReverted ? "recover" : LabResult.unnoted
    if access("\(mine.folder)/\(mine.name).lease", F_OK) == 0 {
      result.residue.append("the lease's record")
    }
    if try sees(fault("link.drop carrier"), on: booted) {
      result.residue.append("the link is down after the boot")
    }
    _ = try second.controller.signal(SIGTERM)
    try close(second, &result)
    return result
  }

  private func reboot(_ host: TorturedLabHost) throws {
    let name = host.name
    let real = lab.lab
    try waiting { try await real.cutPower(host: name) }
    try waiting { try await real.boot(host: name) { _ in } }
    try lab.findHosts()
    try lab.startDomain(on: try lab.host(name))
  }
}
