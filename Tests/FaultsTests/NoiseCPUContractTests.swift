import Glibc
import HostTesting
import Linux
import Scenario
import Testing

@testable import Faults

/// All acts of `noise.cpu`. One busy thread for some milliseconds does no harm to the machine that runs the tests.
struct NoiseCPUContractTests {
  private static func noise(_ processors: String) throws(StepRefused) -> FaultOrder {
    try order("noise.cpu", ["processors": processors])
  }

  /// The processor time of a process in clock ticks: utime in proc_pid_stat(5).
  private static func time(of process: ProcessIdentity) throws -> Int {
    let line = String(decoding: try DurableFile.read("/proc/\(process.pid)/stat"), as: UTF8.self)
    let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
    return try #require(Int(fields[12]))
  }

  @Test("A process uses processor time until the revert") func contract() throws {
    let contract = try Contract(try Self.noise("one"))
    try contract.prepare()
    let child = try #require(contract.instruments.leaseProcesses.values.first).identity
    let before = try Self.time(of: child)
    try contract.inject()
    try eventually("it is active") {
      try contract.effect() == "a process of this lease keeps one processor busy"
    }
    try eventually("it uses processor time") { try Self.time(of: child) > before + 5 }
    #expect(try contract.residue() == ["process \(child.pid) of this lease still runs"])
    try contract.revert()
    #expect(try child.state() == nil)
    #expect(try contract.end() == "the process of this lease is gone")
  }

  @Test("It ends with its agent, and at its own time", arguments: [true, false])
  func endsByItself(agentDies: Bool) throws {
    let contract = try Contract(try Self.noise("one"))
    try contract.prepare()
    try contract.inject(agentDies ? .seconds(600) : .milliseconds(1))
    try eventually("it is active") { try contract.end() == nil }
    if agentDies { contract.instruments.leaseProcesses.values.first?.closeInput() }
    try eventually("it ends") { try contract.end() == "the process of this lease is gone" }
    #expect(try contract.residue() == [])
    try contract.revert()
  }

  @Test("A busy process that is stopped has ended the fault") func stopped() throws {
    let contract = try Contract(try Self.noise("one"))
    try contract.prepare()
    try contract.inject()
    try eventually("it is active") { try contract.end() == nil }
    try #require(contract.instruments.leaseProcesses.values.first).signal(SIGSTOP)
    try eventually("the end is seen") { try contract.end()?.hasSuffix("is stopped") == true }
    try contract.revert()
  }

  @Test("The plan shows the share of the processors, and another word is refused") func words() throws {
    #expect(try order("noise.cpu").fault.object == "all processors")
    let fault = try Self.noise("half").fault
    #expect(fault.object == "half of the processors" && fault.footprint == [])
    #expect(fault.undoing == "ends the process that keeps processors busy")
    #expect(NoiseCPU.Processors.half.count(of: 1) == 1 && NoiseCPU.Processors.half.count(of: 8) == 4)
    #expect(throws: StepRefused.self) { try Self.noise("most") }
  }
}
