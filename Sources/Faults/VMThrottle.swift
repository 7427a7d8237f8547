import FoundationEssentials
import Libvirt
import Scenario

/// `vm.throttle`: the disks of a virtual machine become slow.
package struct VMThrottle: LeasedFault {
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
  struct Undo: Codable, Sendable {
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
  package var footprint: [Resource] { [Resource(.domain, domain)] }
  package var undoing: String {
    "restores the limits of each disk by libvirt, unless another program has changed them or the domain was started again"
  }
  package var reversal: Reversal { .restore }
  /// The control path never leads through a virtual machine.
  package var pathLoss: PathLoss { .never }
  /// libvirt announces the end of a domain, and changed limits in another kind of event, which isn't used.
  package var signals: Set<EffectSignal> { [.domains] }

  /// Whether libvirt runs the domain, and a disk can be limited.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { found in
      if let mark = try found.mark(of: Self.name) {
        throw DomainMarkedAlready(domain: domain, lease: mark.lease, fault: Self.name)
      }
      _ = try chosen(of: found)
      return []
    }
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

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let found = try instruments.runningDomain(domain)
    return Undo(uuid: found.uuid, name: domain, lease: lease, disks: try chosen(of: found))
  }

  var injection: Injection<Undo> {
    .untilReverted(
      because: "a disk that was limited stays so until its limits are restored, also after a migration",
      byDaemon: true,
      prepare: { undo, instruments in
        let found = try instruments.hypervisor().domain(uuid: undo.uuid)
        try found.setMark(DomainMark(lease: undo.lease, undo: try JSONEncoder().encode(undo)), of: Self.name)
      },
      act: { undo, instruments in
        let found = try instruments.hypervisor().domain(uuid: undo.uuid)
        guard try found.mark(of: Self.name)?.lease == undo.lease else {
          throw DomainStartedAgain(domain: undo.name)
        }
        for disk in undo.disks { try found.setLimits(disk.during, ofDisk: disk.target) }
      })
  }

  /// Compares the limits that QEMU reports.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    let seen = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) -> EffectState in
      guard try found.isActive() else { return .inactive(because: "domain \(undo.name) has ended") }
      guard try found.mark(of: Self.name)?.lease == undo.lease else {
        return .inactive(because: "domain \(undo.name) has no mark of this lease: it was started again")
      }
      let present = Set(try found.disks().map(\.target))
      for disk in undo.disks {
        guard present.contains(disk.target) else {
          return .inactive(because: "disk \(disk.target) of \(undo.name) is gone")
        }
        let limits = try found.limits(ofDisk: disk.target)
        for resource in Self.resources where limits.total(of: resource) != disk.during.total(of: resource) {
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
    return seen ?? .inactive(because: "domain \(undo.name) is gone from this host")
  }

  /// Restores the limits that are still the fault's, and removes the mark. A domain without the mark was started again, or
  /// reverted. A domain that was migrated is reverted on its new host, by its mark.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    _ = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) -> Void in
      guard try found.mark(of: name)?.lease == undo.lease else { return }
      let present = Set(try found.disks().map { $0.target })
      for disk in undo.disks where present.contains(disk.target) {
        let limits = try found.limits(ofDisk: disk.target)
        var restored = limits
        for resource in resources where limits.total(of: resource) == disk.during.total(of: resource) {
          restored.take(resource, from: disk.before)
        }
        if restored != limits { try found.setLimits(restored, ofDisk: disk.target) }
      }
      try found.removeMark(of: name)
    }
  }

  /// Whether the domain still has the mark, which the revert removes last.
  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    let isMarked = try instruments.whileHere(undo.uuid) { found throws(LibvirtError) in
      try found.mark(of: name)?.lease == undo.lease
    }
    return isMarked == true ? ["domain \(undo.name) has the mark of lease \(undo.lease) of \(name)"] : []
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
