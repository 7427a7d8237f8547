import Dispatch
import FoundationEssentials
import Glibc
import Lab
import Libvirt
import Linux
import Synchronization

/// A lab under torture: its hosts as seen from the machine, a fleet file, and the hosts' state before.
///
/// Each host gets a small domain without disk or network in addition to the lab's own guest, so that every host can be
/// tortured with freezes at the same time. Pacemaker is in maintenance mode, since its moves are not tested here.
final class TortureLab {
  let lab: Lab
  /// Runs, scenarios and outputs of commands; deleted with the lab.
  let folder: String
  private(set) var hosts: [TorturedLabHost] = []
  private(set) var before: [String: [String]] = [:]
  let murphy: String

  var fleet: String { "\(folder)/fleet.yaml" }
  var runs: String { "\(folder)/runs" }

  /// Starts a lab, or uses the running one with that name.
  init(name: String) throws {
    let program = try programPath()
    let beside = program.lastIndex(of: "/").map { String(program[...$0]) } ?? ""
    murphy = beside + "murphy"
    let lab = try Lab(name: name, agent: beside + "murphy-agent")
    self.lab = lab
    folder = "/var/tmp/murphy-torture-\(name)"
    try waiting { try await lab.up { _ in } }
    try DurableFile.makeFolder(runs)
    try findHosts()
    guard let first = hosts.first else { throw TortureFailed("lab \(name) has no hosts") }
    try first.run(["crm_attribute", "--type", "crm_config", "--name", "maintenance-mode", "--update", "true"])
    for host in hosts { try startDomain(on: host) }
    try writeFleet()
    try lookBefore()
  }

  /// Finds the hosts' processes again, since a boot replaces them.
  func findHosts() throws {
    let lab = lab
    let status = try waiting { await lab.status() }
    hosts = try status.hosts.map { host in
      guard let pid = host.pid else { throw TortureFailed("\(host.name) has no power") }
      return try TorturedLabHost(name: host.name, pid: pid, home: "\(lab.state)/hosts/\(host.name)")
    }
  }

  func host(_ name: String) throws -> TorturedLabHost {
    guard let host = hosts.first(where: { $0.name == name }) else { throw TortureFailed("no host \(name)") }
    return host
  }

  /// Records the hosts' present state, which must be unchanged after each run.
  func lookBefore() throws {
    for host in hosts { before[host.name] = try host.stateLines() }
  }

  /// The differences of a host's state from before.
  func differences(on host: TorturedLabHost) throws -> [String] {
    let now = Set(try host.stateLines())
    let then = Set(before[host.name] ?? [])
    return then.subtracting(now).sorted().map { "\(host.name): gone: \($0)" }
      + now.subtracting(then).sorted().map { "\(host.name): new: \($0)" }
  }

  func startDomain(on host: TorturedLabHost) throws {
    try host.run([
      "sh", "-c",
      "virsh domstate \"$0\" > /dev/null 2>&1 || { printf '%s' \"$1\" > /run/torture.xml; virsh create /run/torture.xml; }",
      host.domain, host.domainXML,
    ])
  }

  /// The lab's own fleet file without its guests and probes: the fleet is not measured here, so one probe of the
  /// controller's own address is enough.
  private func writeFleet() throws {
    let text = String(decoding: try DurableFile.read(lab.fleetFile), as: UTF8.self)
    let lines = text.split(separator: "\n").prefix { $0 != "vms:" }
    let domains = hosts.map { "  \($0.domain): {domain: \($0.domain)}" }
    let rest = [
      "quorum: 2", "probes:", "  controller: {ping: 10.77.2.250, every: 100ms, timeout: 100ms}", "",
    ]
    let whole = (lines.map(String.init) + ["vms:"] + domains + rest).joined(separator: "\n")
    try DurableFile.write(Array(whole.utf8), to: fleet)
  }

  /// Runs `murphy COMMAND --fleet` on this lab to its end.
  func murphy(_ arguments: String...) throws -> ProcessOutcome {
    try ChildProcess.run(
      [murphy] + arguments + ["--fleet", fleet], environment: ToolEnvironment.root, errors: .output,
      within: .seconds(120))
  }

  /// Ends the lab and deletes everything that was written for it.
  func down() throws {
    let lab = lab
    _ = try waiting { try await lab.down() }
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// Waits on this thread for async work.
func waiting<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
  let result = Mutex<Result<Value, any Error>?>(nil)
  let box = WaitingBox(result)
  let end = DispatchSemaphore(value: 0)
  Task {
    let outcome: Result<Value, any Error>
    do {
      outcome = .success(try await work())
    } catch {
      outcome = .failure(error)
    }
    box.value.withLock { $0 = outcome }
    end.signal()
  }
  end.wait()
  guard let outcome = box.value.withLock({ $0 }) else {
    throw TortureFailed("the task ended without a result")
  }
  return try outcome.get()
}

final class WaitingBox<Value: ~Copyable & Sendable>: Sendable {
  let value: Value
  init(_ value: consuming sending Value) { self.value = value }
}
