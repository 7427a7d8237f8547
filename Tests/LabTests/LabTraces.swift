import Linux
import FoundationEssentials
import Glibc
import Testing

@testable import Lab

/// The traces of a lab on the machine: the pid namespaces of its processes, and its state folder in mounts and command
/// lines.
struct LabTraces: Sendable {
  let state: String
  /// The namespaces of the lab and of its hosts, as `pid:[4026532181]`.
  let namespaces: Set<String>
  /// Clock ticks since the machine's boot. The kernel reuses a namespace's number, but never for a process that is
  /// older than the end of the number's last owner.
  private let taken: UInt64

  /// The traces of the running lab whose PID 1 is `platform`.
  init(of platform: ProcessIdentity, state: String) {
    self.state = state
    let outer = Self.pidNamespace(of: platform.pid)
    // If there are none, the test that expects namespaces fails.
    let hosts = ((try? Self.processes()) ?? []).filter { Self.text("/proc/\($0)/mountinfo").contains(state) }
    namespaces = Set(([outer] + hosts.map(Self.pidNamespace)).compactMap(\.self))
      .subtracting([Self.pidNamespace(of: getpid())].compactMap(\.self))
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    let ticks = UInt64(sysconf(Int32(_SC_CLK_TCK)))
    taken = UInt64(now.tv_sec) * ticks + UInt64(now.tv_nsec) * ticks / 1_000_000_000
  }

  /// Waits for processes that are ending, then fails with the remaining traces.
  func expectGone() async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try !left().isEmpty, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(50)) }
    #expect(try left().isEmpty)
  }

  private func left() throws -> [String] {
    try Self.processes().compactMap { pid in
      guard let process = try? ProcessIdentity(pid: pid), process.isAlive else { return nil }
      let inside = process.started <= taken && Self.pidNamespace(of: pid).map(namespaces.contains) == true
      let mounted = Self.text("/proc/\(pid)/mountinfo").contains(state)
      let named = Self.text("/proc/\(pid)/cmdline").contains(state)
      return inside || mounted || named ? "\(pid) \(Self.text("/proc/\(pid)/comm"))" : nil
    }
  }

  static let linksOfALab: Set<String> = [
    "internal", "external", "management", "br0", "dauntless-bmc", "excelsior-bmc", "falco-bmc",
    "dauntless-int", "dauntless-ext", "excelsior-int", "excelsior-ext",
    "falco-int",
    "falco-ext",
    "dauntless-man", "excelsior-man", "falco-man",
  ]

  /// The machine's loop devices with a file of the lab, each with the file.
  static func loopDevices(of lab: Lab) async throws -> [String] {
    try await Command.output(
      ["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"], doing: "listing loop devices"
    ).split(separator: "\n").filter { $0.contains("/\(lab.name)/") }.map(String.init)
  }

  /// The links of this process's network namespace.
  static func linkNames() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net"))
  }

  /// The processes of a pid namespace, without those of nested ones.
  static func processes(inPIDNamespace namespace: String) throws -> [Int32] {
    try processes().filter { pidNamespace(of: $0) == namespace }
  }

  private static func processes() throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
  }

  static func pidNamespace(of pid: Int32) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")
  }

  /// Nil for a process that has ended or is ending.
  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
