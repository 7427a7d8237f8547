import FoundationEssentials
import Glibc
import HostTesting
import Linux
import Scenario
import Testing

@testable import Faults

/// All acts of `process.stop` and `process.kill`, on processes of the test.
struct ProcessContractTests {
  /// A process with unique arguments, and an assignment for it.
  private final class Sleeper {
    let mark = "600.\(UInt32.random(in: 1...UInt32.max))"
    let child: ChildProcess

    init() throws {
      child = try ChildProcess(["/usr/bin/sleep", mark])
      // A new process runs the test's own program until its exec.
      let pid = child.identity.pid
      try eventually("it sleeps") { try FoundProcess(pid: pid).arguments == [mark] && state == "S" }
    }
    deinit { child.kill() }

    var state: Character? { get throws { try child.identity.state() } }
    func order(_ fault: String, _ words: [String: String] = [:]) throws -> FaultOrder {
      try processOrder(fault, words, ["executable": "/usr/bin/sleep", "arguments": mark])
    }
  }

  private static func stops(_ contract: Contract) throws {
    try contract.inject()
    try eventually("the effect is seen") { try contract.effect() != nil }
  }

  @Test(
    "Every variant hits its process and no other, and is reverted as it declares",
    arguments: Catalogue.builtIn.cases.filter { $0.needs == .process })
  func contract(tried: FaultCase) throws {
    let (sleeper, other) = (try Sleeper(), try Sleeper())
    let order = try order(tried, hitting: sleeper.mark)
    let contract = try Contract(order)
    try contract.prepare()
    try Self.stops(contract)
    let evidence = try #require(try contract.effect())
    #expect(evidence.contains("\(sleeper.child.identity.pid)"))
    #expect(try contract.onset() == evidence)
    let isDead = try sleeper.state == nil
    #expect(isDead == (tried.variant.observed == .onProcess(.gone)))
    try eventually("the other sleeps") { try other.state == "S" }
    #expect(try contract.residue().isEmpty == (tried.fault.extent == .instant))
    try contract.revert()
    switch order.fault.reversal {
    case .restore: try eventually("the process continues") { try sleeper.state == "S" }
    case .restart, .damage: #expect(try contract.effect() != nil, "nothing brings it back")
    }
  }

  @Test("A stopped process that is continued, or killed, has ended the fault", arguments: [SIGCONT, SIGKILL])
  func earlyEnd(signal: Int32) throws {
    let sleeper = try Sleeper()
    let contract = try Contract(try sleeper.order("process.stop"))
    try contract.prepare()
    try Self.stops(contract)
    #expect(try contract.end() == nil)
    _ = try sleeper.child.identity.signal(signal)
    try eventually("the end is seen") {
      try contract.end()?.hasSuffix(signal == SIGKILL ? "is gone" : "runs (state S)") == true
    }
    try contract.revert()
  }

  @Test("Another process that got the same id is never hit", arguments: ["process.stop", "process.kill"])
  func reusedId(fault: String) throws {
    let sleeper = try Sleeper()
    let order = try sleeper.order(fault, fault == "process.kill" ? ["restart": "leave"] : [:])
    let pid = sleeper.child.identity.pid
    let started = sleeper.child.identity.started - 1
    let undo = Data(
      #"{"process": {"pid": \#(pid), "started": \#(started)}, "name": "/usr/bin/sleep"}"#.utf8)
    let instruments = Instruments()
    #expect(throws: ProcessEnded(pid: pid, name: "/usr/bin/sleep")) {
      try order.trigger(undo, for: "a1", using: instruments).inject(.seconds(60))
    }
    try order.revert(undo, using: instruments)
    try eventually("it sleeps on") { try sleeper.state == "S" }
    #expect(try order.residue(undo, using: instruments) == [])
  }

  @Test("A pattern that matches no process or several is refused with a list")
  func notExactlyOne() throws {
    let (one, two) = (try Sleeper(), try Sleeper())
    func missing(_ arguments: String) throws -> [String] {
      try processOrder("process.stop", [:], ["executable": "/usr/bin/sleep", "arguments": arguments]).fault
        .missing(using: Instruments())
    }
    #expect(
      try missing("no such thing") == ["\(ProcessRefused.matches("/usr/bin/sleep with no such thing", []))"])
    let several = try #require(try missing("600.*").first)
    for sleeper in [one, two] {
      #expect(several.contains("\(sleeper.child.identity.pid) (\(sleeper.mark))"), "\(several)")
    }
    #expect(try missing(one.mark) == [])
  }

  @Test("A process that is stopped already is refused, and stays stopped")
  func stoppedBefore() throws {
    let sleeper = try Sleeper()
    let order = try sleeper.order("process.stop")
    _ = try sleeper.child.identity.signal(SIGSTOP)
    try eventually("it is stopped") { try sleeper.state == "T" }
    let missing = order.fault.missing(using: Instruments())
    let found = try FoundProcess(pid: sleeper.child.identity.pid)
    #expect(missing == ["\(ProcessRefused.stopped(found))"])
    #expect(throws: (any Error).self) { try order.snapshot(for: "a1", using: Instruments()) }
    #expect(try sleeper.state == "T")
  }

  @Test("A process that something else stopped after the lease was armed is refused, not reported as stopped")
  func stoppedMeanwhile() throws {
    let sleeper = try Sleeper()
    let contract = try Contract(try sleeper.order("process.stop"))
    try contract.prepare()
    _ = try sleeper.child.identity.signal(SIGSTOP)
    try eventually("it is stopped") { try sleeper.state == "T" }
    let refusal = ProcessStopped(pid: sleeper.child.identity.pid, name: "/usr/bin/sleep")
    #expect(throws: refusal) { try contract.inject() }
    try contract.revert()
  }

  @Test("A second lease that stops the same process is refused, and its revert leaves the first one's stop")
  func stoppedByAnotherLease() throws {
    let sleeper = try Sleeper()
    var active: [ActiveFault] = []
    let first = try Contract(try sleeper.order("process.stop"))
    let second = try Contract(try sleeper.order("process.stop"), named: "a2", beside: { active })
    for lease in [first, second] { try lease.prepare() }
    try Self.stops(first)
    active = [first.active]
    #expect(throws: ProcessStopped.self) { try second.inject() }
    try second.order.revert(second.undo, using: second.instruments)
    #expect(try second.order.residue(second.undo, using: second.instruments) == [])
    #expect(try sleeper.state == "T")
    try first.revert()
    try eventually("the process continues") { try sleeper.state == "S" }
  }

  @Test("PID 1, Murphy's processes and their parents are never hit")
  func neededProcesses() throws {
    #expect(try FoundProcess(pid: 1).need() == "PID 1 is the host itself")
    #expect(try FoundProcess(pid: getpid()).need() == "it is an agent or a watchdog of Murphy's")
    if getppid() > 1 { #expect(try FoundProcess(pid: getppid()).need() != nil) }
    let sleeper = try Sleeper()
    #expect(try FoundProcess(pid: sleeper.child.identity.pid).need() == nil)
  }

  /// A systemd whose client is a script that prints these properties.
  private func withSystemd(
    _ properties: [String: String], _ body: (Instruments) throws -> Void
  ) throws {
    try withTemporaryFolder { path in
      let lines = properties.map { "echo '\($0.key)=\($0.value)'" }.joined(separator: "\n")
      try DurableFile.write(Array("#!/bin/sh\n\(lines)\n".utf8), to: "\(path)/script")
      try installProgram("\(path)/script", at: "\(path)/systemctl")
      let instruments = Instruments()
      instruments.systemd.marker = path
      instruments.systemd.tool = "\(path)/systemctl"
      try body(instruments)
    }
  }

  private static let loaded = ["LoadState": "loaded", "ActiveState": "active"]

  @Test(
    "restart: unit is refused if systemd would not restart the unit after a kill",
    arguments: [
      "no": false, "on-success": false, "on-watchdog": false, "on-failure": true, "on-abnormal": true,
      "on-abort": true, "always": true,
    ])
  func restartSetting(restart: String, returns: Bool) throws {
    let sleeper = try Sleeper()
    let properties = Self.loaded.merging([
      "MainPID": "\(sleeper.child.identity.pid)", "Restart": restart,
    ]) { $1 }
    try withSystemd(properties) { instruments in
      let order = try processOrder("process.kill", ["restart": "unit"], ["unit": "glusterd"])
      #expect(
        order.fault.reversal == .restart && order.fault.footprint == [Resource(.process, "glusterd.service")])
      #expect(
        order.fault.missing(using: instruments)
          == (returns ? [] : ["\(UnitRefused.staysDead("glusterd.service", restart: restart))"]))
      // Without the check of Restart=, the kill may leave the process dead.
      let left = try processOrder("process.kill", ["restart": "leave"], ["unit": "glusterd"])
      #expect(left.fault.reversal == .damage && left.fault.missing(using: instruments) == [])
    }
  }

  @Test("A unit's main process is the one that is hit") func mainProcess() throws {
    let sleeper = try Sleeper()
    let properties = Self.loaded.merging([
      "MainPID": "\(sleeper.child.identity.pid)", "Restart": "always",
    ]) { $1 }
    try withSystemd(properties) { instruments in
      let order = try processOrder("process.kill", ["restart": "unit"], ["unit": "glusterd"])
      let undo = try order.snapshot(for: "a1", using: instruments)
      try order.trigger(undo, for: "a1", using: instruments).inject(.seconds(60))
      try eventually("it is gone") { try sleeper.state == nil }
    }
  }

  @Test("A unit that can't be hit is refused, with its state")
  func unitRefused() throws {
    let order = try processOrder("process.stop", [:], ["unit": "glusterd"])
    let none = Instruments()
    none.systemd.marker = "/nonexistent"
    #expect(order.fault.missing(using: none) == ["\(UnitRefused.noSystemd("glusterd.service"))"])
    for (properties, refusal) in [
      (
        ["LoadState": "not-found", "ActiveState": "inactive", "MainPID": "0"],
        UnitRefused.unknown("glusterd.service", "not-found")
      ),
      (
        ["LoadState": "loaded", "ActiveState": "failed", "MainPID": "0"],
        .inactive("glusterd.service", "failed")
      ),
      (["LoadState": "loaded", "ActiveState": "active", "MainPID": "0"], .noProcess("glusterd.service")),
    ] {
      try withSystemd(properties) { instruments in
        #expect(order.fault.missing(using: instruments) == ["\(refusal)"])
      }
    }
  }

  @Test("A step names its process in one way, and only a unit is restarted by systemd")
  func steps() throws {
    for (words, texts) in [
      (["restart": "leave"], [:]), (["restart": "leave"], ["unit": "a", "executable": "/b"]),
      (["restart": "unit"], ["executable": "/b"]), ([:], ["unit": "a"]),
    ] as [([String: String], [String: String])] {
      #expect(throws: StepRefused.self) { try processOrder("process.kill", words, texts) }
    }
    let kill = try processOrder("process.kill", ["restart": "leave"], ["executable": "/b"]).fault
    #expect(kill.kernelRevert == .nothing && kill.object == "/b (left dead)")
  }
}

/// An assignment of a fault that hits a process.
private func processOrder(
  _ fault: String, _ words: [String: String], _ texts: [String: String]
) throws(StepRefused) -> FaultOrder {
  let step = Step(
    name: "step-1", trigger: .at(.zero), fault: fault, target: .host(.named("falco")), duration: .seconds(60),
    parameters: words.mapValues { .word($0) }.merging(texts.mapValues { .text($0) }) { $1 })
  let host = Fleet.Host(name: "falco", ssh: "falco", links: [:])
  return try Catalogue.order(for: step, on: host, in: Fleet(name: "tdf", hosts: [host]))
}
