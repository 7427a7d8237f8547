internal import CLibvirt
import Glibc

/// A disk of a running guest.
package struct DomainDisk: Hashable, Sendable {
  /// The name by which libvirt's calls identify it: `vda`.
  package let target: String
  /// Whether a medium is in it.
  package let hasMedium: Bool

  init?(_ element: XMLElement) {
    guard let target = element.child("target")?["dev"] else { return nil }
    self.target = target
    hasMedium = element.child("source") != nil
  }
}

/// The limits on the operations of a guest's disk, by libvirt's names, such as `total_iops_sec`; 0 means unlimited.
package struct DiskLimits: Codable, Hashable, Sendable {
  package private(set) var values: [String: UInt64]

  init(_ values: [String: UInt64]) { self.values = values }

  /// The same limits, except that all operations together are limited. A limit of all excludes separate limits of reading
  /// and writing, and a burst must be longer than its limit, so both are removed.
  ///
  /// - Parameter resource: `iops` or `bytes`.
  package mutating func limit(_ resource: String, to value: UInt64) {
    for name in names(of: resource) { values[name] = 0 }
    values["total_\(resource)_sec"] = value
  }

  /// Takes over all limits of a resource.
  package mutating func take(_ resource: String, from other: DiskLimits) {
    for name in names(of: resource) { values[name] = other.values[name] ?? 0 }
  }

  private func names(of resource: String) -> [String] {
    values.keys.filter { $0.contains("_\(resource)_sec") && $0 != "size_iops_sec" }
  }

  /// The limit of all operations of a resource together.
  package func total(of resource: String) -> UInt64 { values["total_\(resource)_sec"] ?? 0 }
}

extension Domain {
  /// The running guest's disks.
  package func disks() throws(LibvirtError) -> [DomainDisk] {
    try devices("disk").compactMap { DomainDisk($0) }
  }

  /// The limits that QEMU has on a disk of the running guest.
  ///
  /// Source: `virDomainGetBlockIoTune` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func limits(ofDisk target: String) throws(LibvirtError) -> DiskLimits {
    let flags = VIR_DOMAIN_AFFECT_LIVE.rawValue
    var count: CInt = 0
    try call("count the limits of disk \(target) of") {
      virDomainGetBlockIoTune($0, target, nil, &count, flags)
    }
    let parameters = UnsafeMutablePointer<virTypedParameter>.allocate(capacity: Int(count))
    parameters.initialize(repeating: virTypedParameter(), count: Int(count))
    defer { parameters.deallocate() }
    try call("ask for the limits of disk \(target) of") {
      virDomainGetBlockIoTune($0, target, parameters, &count, flags)
    }
    defer { virTypedParamsClear(parameters, count) }
    var values: [String: UInt64] = [:]
    for parameter in UnsafeBufferPointer(start: parameters, count: Int(count))
    where parameter.type == CInt(VIR_TYPED_PARAM_ULLONG.rawValue) {
      values[parameter.label] = parameter.value.ul
    }
    return DiskLimits(values)
  }

  /// Sets the limits of a disk of the running guest; its definition is unchanged.
  ///
  /// Source: `virDomainSetBlockIoTune` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func setLimits(_ limits: DiskLimits, ofDisk target: String) throws(LibvirtError) {
    var parameters: UnsafeMutablePointer<virTypedParameter>?
    var count: CInt = 0
    var capacity: CInt = 0
    defer { virTypedParamsFree(parameters, count) }
    for (name, value) in limits.values.sorted(by: { $0.key < $1.key }) {
      // libvirt shows the length of a burst also if there is none, and refuses it then.
      let length = "_length"
      if name.hasSuffix(length), limits.values[String(name.dropLast(length.count))] == 0 { continue }
      try call("name the limits of") { _ in
        virTypedParamsAddULLong(&parameters, &count, &capacity, name, value)
      }
    }
    try call("limit disk \(target) of") {
      virDomainSetBlockIoTune($0, target, parameters, count, VIR_DOMAIN_AFFECT_LIVE.rawValue)
    }
  }
}

extension virTypedParameter {
  fileprivate var label: String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
