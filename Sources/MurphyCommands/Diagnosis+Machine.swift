import Agent
import AgentProtocol
import ArgumentParser
import Faults
import Glibc
import Lab
import Leases
import Libvirt
import Linux
import Scenario

extension Diagnosis.Use {
  /// Examines this machine. Every trial is undone.
  ///
  /// - Parameter fleet: the fleet whose BMCs a controller queries.
  func examine(for fleet: Fleet?) throws -> [Diagnosis.Finding] {
    switch self {
    case .controller: Self.controller() + (try PowerExamination(fleet: fleet).findings())
    case .host: try HostExamination().findings()
    case .lab: try Self.lab()
    }
  }

  private static func controller() -> [Diagnosis.Finding] {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let ssh = program("ssh", in: path)
    return [
      ssh.map { .init(.ssh, .ok, detail: $0) }
        ?? .init(
          .ssh, .missing, detail: "not in PATH: install an OpenSSH client (apt-get install openssh-client)"),
      ping(),
    ]
  }

  /// Ping probes need a socket that not every user may open; see icmp(7).
  private static func ping() -> Diagnosis.Finding {
    for kind in [SOCK_DGRAM, SOCK_RAW] {
      let socket = socket(AF_INET, Int32(kind.rawValue), Int32(IPPROTO_ICMP))
      if socket >= 0 {
        close(socket)
        return .init(.ping, .ok)
      }
    }
    return .init(
      .ping, .unneeded,
      detail:
        "ping probes can't be sent: run as root, or set net.ipv4.ping_group_range; other probes need neither")
  }

  private static func lab() throws -> [Diagnosis.Finding] {
    let lab = try LabCommand.Name.parse([]).lab()
    do {
      try blocking { () async throws(LabError) in try await lab.preflight() }
      return [.init(.lab, .ok)]
    } catch let stop as Stop {
      return stop.text.split(separator: "\n").map { .init(.lab, .missing, detail: String($0)) }
    }
  }

  /// The file that a program's name refers to.
  static func program(_ name: String, in path: String) -> String? {
    path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}

/// The requirements of a host of a fleet, and the residue that a run may have left on it.
private struct HostExamination {
  private let policy = Result { () throws(PolicyRefused) in try Policy.read() }

  func findings() throws -> [Diagnosis.Finding] {
    [agent()] + policyFindings() + linkFaults() + (try hypervisor()) + [hold()] + leases()
  }

  /// ssh starts it without a login shell, with the PATH that sshd sets: see sshd(8).
  private func agent() -> Diagnosis.Finding {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return Diagnosis.Use.program("murphy-agent", in: path).map { .init(.agent, .ok, detail: $0) }
      ?? .init(.agent, .missing, detail: "no murphy-agent in \(path): copy it to /usr/local/bin")
  }

  private func policyFindings() -> [Diagnosis.Finding] {
    switch policy {
    case .success(let policy):
      let words =
        "allows faults \(policy.faults.joined(separator: ", ")), leases up to \(policy.longestLease)"
      return [.init(.policy, .ok, detail: words)]
        + policy.warnings.map { .init(.policyKey, .unneeded, detail: $0) }
    case .failure(let refused): return [.init(.policy, .missing, detail: refused.description)]
    }
  }

  /// The finding for faults that are not possible here: only what the policy allows is needed.
  private func lacking(_ faults: [String]) -> Diagnosis.Finding.State {
    let policy = try? policy.get()
    return faults.contains { policy?.allows(fault: $0) == true } ? .missing : .unneeded
  }

  /// The faults that are tried in a network namespace.
  private static let tried = names(FaultTrial.cases).joined(separator: ", ")
  /// The faults that need libvirt.
  private static let ofDomains = names(Catalogue.builtIn.cases.filter { $0.needs == .domain })

  private static func names(_ cases: [FaultCase]) -> [String] {
    let names = Set(cases.map(\.fault.name))
    return Catalogue.builtIn.descriptions.map(\.name).filter(names.contains)
  }

  private func linkFaults() -> [Diagnosis.Finding] {
    guard getuid() == 0 else {
      return [
        .init(.fault, .untried, detail: "\(Self.tried): not tried: run as root")
      ]
    }
    do throws(SystemError) {
      return try FaultTrial.runAll().map { trial in
        .init(
          .fault, trial.reason == nil ? .ok : lacking([trial.tried.fault.name]), "\(trial.tried)",
          detail: trial.reason)
      }
    } catch {
      return [
        .init(
          .fault, .untried,
          detail:
            "\(Self.tried): not tried, since no network namespace can be made: \(error); "
            + "in a container, run it with --privileged")
      ]
    }
  }

  /// libvirt's answer within 10 s: whether domains can be suspended, and which domains a lease on another host has left
  /// suspended.
  private func hypervisor() throws -> [Diagnosis.Finding] {
    let faults = Self.ofDomains
    let lacking = lacking(faults)
    let title = faults.joined(separator: ", ")
    let answers = try Mailbox<[Diagnosis.Finding]>()
    try startThread(named: "libvirt") {
      do {
        let connection = try Connection.open("qemu:///system", access: .readOnly)
        let count = try connection.domains(.active).count
        let words = "libvirt \(try connection.libvirtVersion()), active domains: \(count)"
        let orphaned = try LeaseFolder.standard.orphanedDomains(on: connection)
        answers.post(
          [.init(.fault, .ok, title, detail: words)]
            + orphaned.map { .init(.domain, .active, $0.name, detail: $0.finding) })
      } catch {
        answers.post([.init(.fault, lacking, title, detail: "\(error)")])
      }
    }
    let patience = Clock.monotonic.now + 10_000_000_000
    while Clock.monotonic.now < patience {
      answers.wait(nanoseconds: patience - Clock.monotonic.now)
      if let findings = answers.take().first { return findings }
    }
    return [.init(.fault, .untried, title, detail: "libvirt doesn't answer within 10 s")]
  }

  private func hold() -> Diagnosis.Finding {
    HoldFile.standard.refusal().map { .init(.hold, .missing, detail: "no run may begin: \($0)") }
      ?? .init(.hold, .ok, detail: "none")
  }

  /// The leases that still exist here.
  private func leases() -> [Diagnosis.Finding] {
    let folder = LeaseFolder.standard
    var findings: [Diagnosis.Finding] = []
    do {
      try folder.checkPrivate()
    } catch {
      // A host that never had a lease has no folder of leases.
      if (error as? SystemError)?.errno != ENOENT {
        findings.append(.init(.lease, .missing, detail: "\(error)"))
      }
    }
    do {
      for name in try folder.names() {
        do {
          findings.append(.init(try folder.status(of: try folder.read(name))))
        } catch {
          findings.append(.init(.lease, .active, name, detail: "\(error)"))
        }
      }
    } catch {
      findings.append(.init(.lease, .untried, detail: "\(error)"))
    }
    return findings.isEmpty ? [.init(.lease, .ok, detail: "none: no fault is active")] : findings
  }
}

extension Diagnosis.Finding {
  /// A lease with a record on this host.
  init(_ lease: LeaseStatus) {
    let words = "\(lease.fault) \(lease.object), run \(lease.run)"
    if lease.isKnownToBeOver {
      self.init(.lease, .ok, lease.lease, detail: "\(words): reverted")
    } else {
      let doubt = lease.revert == nil ? "" : ", reverted, but its injection was never confirmed"
      self.init(.lease, .active, lease.lease, detail: "\(words)\(doubt): run murphy-agent recover")
    }
  }
}
