import Faults
import Glibc
import Linux
import Scenario

/// The requirements of a controller that changes the power of a fleet's hosts: ipmitool, and BMCs that answer.
struct PowerExamination: Sendable {
  /// nil if no fleet is given.
  let fleet: Fleet?

  private var hosts: [(name: String, bmc: Fleet.BMC)] {
    (fleet?.hosts ?? []).compactMap { host in host.bmc.map { (host.name, $0) } }
  }

  func findings() throws -> [Diagnosis.Finding] {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    guard let ipmitool = Diagnosis.Use.program("ipmitool", in: path) else {
      let detail = "not in PATH: host.power needs it (apt-get install ipmitool)"
      return [.init(.ipmitool, hosts.isEmpty ? .unneeded : .missing, detail: detail)]
    }
    return [.init(.ipmitool, .ok, detail: ipmitool)] + (try askAll())
  }

  /// Requests the chassis status of all BMCs at the same time, since a BMC that doesn't answer takes ten seconds.
  private func askAll() throws -> [Diagnosis.Finding] {
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
        .bmc, .untried, host, detail: "\(bmc.ipmi): the fleet's netns can't be entered: \(error)")
    }
    do {
      let isOn = try HostPower.isOn(at: bmc)
      return .init(.bmc, .ok, host, detail: "\(bmc.ipmi) shows the power \(isOn ? "on" : "off")")
    } catch {
      return .init(.bmc, .missing, host, detail: "\(error)")
    }
  }
}
