import FoundationEssentials
import Libvirt
import Scenario

/// `vm.throttle`: the disks of a virtual machine become slow.
package struct VMThrottle: DomainChange {
  /// What is limited, by its parameter and by libvirt's name.
  private static let resources = ["iops", "bytes"]

  let domain: String
  /// The only disk that is hit; nil for all.
  let disk: String?
  /// The limits by resource.
  let limits: [String: UInt64]

  package static let description = FaultDescription(
    name: "vm.throttle",
    summary: "A virtual machine's disks become slow: libvirt limits their operations or bytes per second.",
    targets: [.vm],
    parameters: [
      .init(
        name: "iops", summary: "The operations per second of each disk.", form: .count, standard: nil,
        example: .count(100)),
      .init(
        name: "bytes", summary: "The bytes per second of each disk.", form: .count, standard: nil),
      .init(
        name: "disk", summary: "The only disk that is hit, by its target, like vda; all are hit without it.",
        form: .line("TARGET"), standard: nil),
    ], extent: .held,
    variants: [
      .init("operations", [:], ["iops": .count(10)], observed: .onDomain(.throttled)),
      .init("bytes", [:], ["bytes": .count(65536)], observed: .onDomain(.throttled)),
    ])

  /// The limit of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
    disk = Self.text("disk", of: step)
    var limits: [String: UInt64] = [:]
    for resource in Self.resources {
      guard case .count(let limit)? = Self.parameter(resource, of: step) else { continue }
      if limit <= 0 {
        throw StepRefused(step, "\(resource) is a whole number of more than zero", of: resource)
      }
      limits[resource] = UInt64(limit)
    }
    if limits.isEmpty { throw StepRefused(step, "the step needs iops, bytes or both", of: "iops", "bytes") }
    self.limits = limits
  }

  /// The data for the revert.
  struct Undo: MarkedUndo, Codable, Sendable {
    var uuid: UUID
    var name: String
    var lease: String
    var disks: [Disk]

    struct Disk: Codable, Sendable {
      var target: String
      var before: DiskLimits
      var during: DiskLimits
    }
  }

  /// `web (iops 10, all disks)`.
  package var object: String {
    let words = Self.resources.compactMap { name in limits[name].map { "\(name) \($0)" } }
    return "\(domain) (\((words + [disk.map { "disk \($0)" } ?? "all disks"]).joined(separator: ", ")))"
  }
  package var undoing: String {
    "restores the limits of each disk by libvirt, unless another program has changed them or the domain was started again"
  }
  static var persistence: String {
    "a disk that was limited stays so until its limits are restored, also after a migration"
  }

  /// The disks that are hit, with their limits.
  private func chosen(of found: Domain) throws -> [Undo.Disk] {
    let all = try found.disks()
    let named = all.filter { $0.hasMedium && (disk == nil || $0.target == disk) }
    if named.isEmpty { throw NoDisk(object: object, present: all.map(\.target)) }
    return try named.map { one in
      let before = try found.limits(ofDisk: one.target)
      var during = before
      for (resource, limit) in limits { during.limit(resource, to: limit) }
      if during == before { throw LimitedAlready(disk: one.target, object: object) }
      return Undo.Disk(target: one.target, before: before, during: during)
    }
  }

  func undo(for lease: String, on found: Domain) throws -> Undo {
    Undo(uuid: found.uuid, name: domain, lease: lease, disks: try chosen(of: found))
  }

  static func change(_ undo: Undo, on found: Domain) throws(LibvirtError) {
    for disk in undo.disks { try found.setLimits(disk.during, ofDisk: disk.target) }
  }

  /// Compares the limits that QEMU reports.
  static func state(_ undo: Undo, of found: Domain) throws(LibvirtError) -> EffectState {
    let present = Set(try found.disks().map(\.target))
    for disk in undo.disks {
      guard present.contains(disk.target) else {
        return .inactive(because: "disk \(disk.target) of \(undo.name) is gone")
      }
      let limits = try found.limits(ofDisk: disk.target)
      for resource in resources where limits.total(of: resource) != disk.during.total(of: resource) {
        let limit = limits.total(of: resource)
        return .inactive(
          because: limit == 0
            ? "QEMU has no limit of \(resource) on disk \(disk.target) of \(undo.name)"
            : "QEMU limits disk \(disk.target) of \(undo.name) to \(limit) \(resource) per second")
      }
    }
    let list = undo.disks.map(\.target).joined(separator: ", ")
    return .active(evidence: "QEMU limits \(list) of \(undo.name)")
  }

  /// Restores the limits that are still the fault's.
  static func restore(_ undo: Undo, on found: Domain) throws(LibvirtError) {
    let present = Set(try found.disks().map { $0.target })
    for disk in undo.disks where present.contains(disk.target) {
      let limits = try found.limits(ofDisk: disk.target)
      var restored = limits
      for resource in resources where limits.total(of: resource) == disk.during.total(of: resource) {
        restored.take(resource, from: disk.before)
      }
      if restored != limits { try found.setLimits(restored, ofDisk: disk.target) }
    }
  }
}

/// No disk of a domain fits the step.
struct NoDisk: Error, Equatable, CustomStringConvertible {
  var object: String
  /// The domain's disks.
  var present: [String]
  var description: String {
    "\(object): no such disk with a medium; the domain has \(present.isEmpty ? "none" : present.joined(separator: ", "))"
  }
}

/// A disk has the limits already.
struct LimitedAlready: Error, Equatable, CustomStringConvertible {
  var disk: String
  var object: String
  var description: String { "\(object): disk \(disk) has this limit already: choose another" }
}
