import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Linux
import Testing

@testable import Agent
import AgentProtocol
import ToolTesting

/// Processes with QEMU's name that don't run, in each state that a process can have.
struct HypervisorProcessTests {
  /// Runs a program under another name, calls a body with its process id, and ends the program.
  private func withProcess(
    _ name: String, _ program: String, _ arguments: [String], _ body: (Int32) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      // The kernel takes the name from the path, which may be a symbolic link.
      let path = "\(folder)/\(name)"
      #expect(symlink(program, path) == 0)
      let child = try ChildProcess([path] + arguments, input: .pipe, errors: .inherited)
      defer { child.kill() }
      let pid = child.pid
      try eventually("the process has the name \(name)") {
        String(decoding: try DurableFile.read("/proc/\(pid)/comm"), as: UTF8.self) == "\(name.prefix(15))\n"
      }
      try body(pid)
    }
  }

  private func awaitState(_ state: Character, of pid: Int32) throws {
    let process = try ProcessIdentity(pid: pid)
    try eventually("\(pid) is in state \(state)") { try process.stateUntilReaped() == state }
  }

  /// The lines about a process.
  private func lines(of pid: Int32) throws -> [HostState.Line] {
    try HostState.hypervisorProcesses().filter { $0.text.hasPrefix("process \(pid) ") }
  }

  private static let waiting = ["-c", "read line"]

  @Test("A running hypervisor process is not reported")
  func aProcessThatRunsIsNotReported() throws {
    try withProcess("qemu-system-x86_64", "/bin/sh", Self.waiting) { pid in
      let lines = try lines(of: pid)
      #expect(lines == [])
    }
  }

  @Test("A stopped hypervisor process is reported with the name of its domain")
  func aStoppedProcessIsReportedWithItsDomain() throws {
    try withProcess("qemu-system-x86_64", "/bin/sh", Self.waiting + ["-name", "guest=web,debug-threads=on"]) {
      pid in
      kill(pid, SIGSTOP)
      try awaitState("T", of: pid)
      let line = try #require(try lines(of: pid).first)
      #expect(line.text == "process \(pid) (qemu-system-x86) of web is stopped (T)")
      #expect(line.objects == ["web"])
      kill(pid, SIGCONT)
      try awaitState("S", of: pid)
      #expect(try lines(of: pid) == [])
    }
  }

  @Test("A zombie is reported")
  func aZombieIsReported() throws {
    try withProcess("kvm", "/bin/sh", Self.waiting) { pid in
      kill(pid, SIGKILL)
      try awaitState("Z", of: pid)
      #expect(try lines(of: pid).map(\.text) == ["process \(pid) (kvm) is dead and not gone (Z)"])
    }
  }

  @Test("A stopped process of another program is not reported")
  func otherProgramsAreNotReported() throws {
    try withProcess("qwmu", "/bin/sh", Self.waiting) { pid in
      kill(pid, SIGSTOP)
      try awaitState("T", of: pid)
      #expect(try lines(of: pid) == [])
    }
  }

  #if arch(x86_64)
    /// The process is a parent in vfork(2). The kernel shows it as uninterruptible, like a process whose disk is gone.
    @Test(
      "A process that can't be killed is reported",
      .enabled(if: TestTools.have(["/usr/bin/perl"]), "needs perl"))
    func aProcessThatCannotBeKilledIsReported() throws {
      let script = "syscall(58); sleep 1 while getppid() != 1;"
      try withProcess("qemu-kvm", "/usr/bin/perl", ["-e", script]) { pid in
        try eventually("the child runs and the parent waits") {
          try ProcessIdentity(pid: pid).state() == "D" && !AgentHost.children(of: pid).isEmpty
        }
        let child = try #require(AgentHost.children(of: pid).first)
        defer { kill(child, SIGKILL) }
        #expect(
          try lines(of: pid).map(\.text) == [
            "process \(pid) (qemu-kvm) has a thread that can't be killed (D)"
          ]
        )
      }
    }
  #endif
}
