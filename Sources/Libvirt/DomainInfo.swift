internal import CLibvirt

/// A guest's resources at one moment (`virDomainInfo`).
package struct DomainInfo: Hashable, Sendable {
  /// The most memory that the guest may have, in KiB.
  package let maximumMemoryKiB: UInt
  /// The memory that the guest has, in KiB.
  package let memoryKiB: UInt
  /// How many virtual CPUs the guest has.
  package let virtualCPUs: Int
  /// CPU time that the guest used since its start, in nanoseconds; it doesn't increase while the guest is paused.
  package let cpuTimeNanoseconds: UInt64

  init(_ info: virDomainInfo) {
    maximumMemoryKiB = info.maxMem
    memoryKiB = info.memory
    virtualCPUs = Int(info.nrVirtCpu)
    cpuTimeNanoseconds = info.cpuTime
  }
}
