internal import CLibvirt

/// A guest's resources at one moment (`virDomainInfo`).
public struct DomainInfo: Hashable, Sendable {
  /// The most memory that the guest may have, in KiB.
  public let maximumMemoryKiB: UInt
  /// The memory that the guest has, in KiB.
  public let memoryKiB: UInt
  /// How many virtual CPUs the guest has.
  public let virtualCPUs: Int
  /// CPU time that the guest used since its start, in nanoseconds; stands still while it is paused.
  public let cpuTimeNanoseconds: UInt64

  init(_ info: virDomainInfo) {
    maximumMemoryKiB = info.maxMem
    memoryKiB = info.memory
    virtualCPUs = Int(info.nrVirtCpu)
    cpuTimeNanoseconds = info.cpuTime
  }
}
