import Leases
import Agent
import AgentProtocol
import Faults
import FoundationEssentials
import Glibc
import Linux
import Scenario

/// A lease on a host's disk, read from outside without a lock.
struct LeaseOnDisk: Sendable {
  let name: String
  let folder: String
  /// On CLOCK_BOOTTIME.
  let deadline: Int64

  /// The lease of a run on a host. The run's folder ends with the tag of its leases.
  init?(ofRun tag: String, in folder: String) {
    let files = (try? DurableFile.list(folder)) ?? []
    guard let file = files.first(where: { $0.hasPrefix(tag + "_") && $0.hasSuffix(".lease") }),
      let bytes = try? DurableFile.read("\(folder)/\(file)"),
      let json = LeaseFile.content(of: bytes),
      let lease = try? JSONDecoder().decode(Lease.self, from: Data(json))
    else { return nil }
    name = lease.name
    self.folder = folder
    deadline = lease.deadline.count

  }

  /// The events in its log, in their order.
  func log() -> [LeaseHappening] {
    guard let bytes = try? DurableFile.read("\(folder)/\(name).log") else { return [] }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap {
      try? WireCoding.value(LeaseHappening.self, from: $0)
    }
  }
}

extension [LeaseHappening] {
  var isInjecting: Bool { contains { if case .injecting = $0 { true } else { false } } }
  var isEffective: Bool { contains { if case .effective = $0 { true } else { false } } }
  var revert: Revert? {
    for happening in self { if case .reverted(let revert) = happening { return revert } }
    return nil
  }
}
