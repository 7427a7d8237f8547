import Faults
import Glibc
import Linux
import Scenario

/// The requirements of a controller that changes the power of a fleet's hosts: ipmitool or curl, and BMCs that answer.
struct PowerExamination: Sendable {
  /// nil if no fleet is given.
  let fleet: Fleet?

  private var hosts: [(name: String, bmc: Fleet.BMC)] {
    (fleet?.hosts ?? []).compactMap { host in host.bmc.map { (host.name, $0) } }
  }

  func findings() throws -> [Diagnosis.Finding] {
    let byRedfish = hosts.filter { $0.bmc.isRedfish }
    let byIPMI = hosts.filter { !$0.bmc.isRedfish }
    let ipmitool = Self.tool(.ipmitool, isNeeded: !byIPMI.isEmpty)
    // Few fleets need it, so it is not mentioned for the others.
    let curl = byRedfish.isEmpty ? [] : [Self.tool(.curl, isNeeded: true)]
    let missing = Set(([ipmitool] + curl).filter { $0.state != .ok }.map(\.code))
    let asked = hosts.filter { !missing.contains($0.bmc.isRedfish ? .curl : .ipmitool) }
    return [ipmitool] + curl + (try ask(asked))
  }

  /// Whether a program is there. Its code is its name, and its package's.
  private static func tool(_ code: Diagnosis.Finding.Code, isNeeded: Bool) -> Diagnosis.Finding {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    if let found = Diagnosis.Use.program(code.rawValue, in: path) { return .init(code, .ok, detail: found) }
    let detail = "not in PATH: host.power needs it (apt-get install \(code.rawValue))"
    return .init(code, isNeeded ? .missing : .unneeded, detail: detail)
  }

  /// Requests the power of these BMCs at the same time, since a BMC that doesn't answer takes ten seconds.
  private func ask(_ hosts: [(name: String, bmc: Fleet.BMC)]) throws -> [Diagnosis.Finding] {
    let answers = try Mailbox<(Int, Diagnosis.Finding)>()
    let netns = fleet?.netns
    for (index, host) in hosts.enumerated() {
      try startThread(named: "bmc") { answers.post((index, Self.ask(host.bmc, of: host.name, in: netns))) }
    }
    var findings: [(Int, Diagnosis.Finding)] = []
    while findings.count < hosts.count {
      answers.wait(nanoseconds: 1_000_000_000)
      findings += answers.take()
    }
    return findings.sorted { $0.0 < $1.0 }.map(\.1)
  }

  private static func ask(
    _ bmc: Fleet.BMC, of host: String, in netns: Fleet.NetworkNamespace?
  ) -> Diagnosis.Finding {
    do throws(SystemError) {
      // A run enters this namespace with its whole process.
      if let netns { try enterNetworkNamespace(at: netns.path, inode: netns.inode) }
    } catch {
      return .init(
        .bmc, .untried, host, detail: "\(bmc.name): the fleet's netns can't be entered: \(error)")
    }
    do {
      return .init(.bmc, .ok, host, detail: "\(bmc.name) shows the power \(try HostPower.shown(by: bmc))")
    } catch {
      return .init(.bmc, .missing, host, detail: "\(error)")
    }
  }
}
