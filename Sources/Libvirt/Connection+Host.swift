internal import CLibvirt
import FoundationEssentials
import Glibc

extension Connection {
  /// The version of libvirt at the remote end: of the daemon, not of this process's library.
  package func libvirtVersion() throws(LibvirtError) -> Version {
    var packed: CUnsignedLong = 0
    try call("ask for libvirt's version of") { virConnectGetLibVersion($0, &packed) }
    return Version(packed: packed)
  }

  /// The hypervisor's version, for example QEMU's.
  package func hypervisorVersion() throws(LibvirtError) -> Version {
    var packed: CUnsignedLong = 0
    try call("ask for the hypervisor's version of") { virConnectGetVersion($0, &packed) }
    return Version(packed: packed)
  }

  /// The hostname of the hypervisor's host, as that host reports it.
  package func hostname() throws(LibvirtError) -> String {
    takeString(try acquire("ask for the hostname of") { virConnectGetHostname($0) })
  }

  /// The capabilities of the host and its hypervisor, as XML (<https://libvirt.org/formatcaps.html>).
  ///
  /// With QEMU the first call after the daemon's start may take seconds, while it probes its emulators.
  package func capabilities() throws(LibvirtError) -> String {
    takeString(try acquire("ask for the capabilities of") { virConnectGetCapabilities($0) })
  }

  /// The host's UUID, by which libvirt identifies hosts, from its ``capabilities()``.
  ///
  /// nil if the driver reports none, as the test driver does.
  package func hostUUID() throws(LibvirtError) -> UUID? {
    // libvirt writes <uuid> as the first child of <host> and nowhere else, always in this form.
    let capabilities = try capabilities()
    guard let open = capabilities.firstRange(of: "<uuid>"),
      let close = capabilities[open.upperBound...].firstRange(of: "</uuid>")
    else { return nil }
    return UUID(uuidString: String(capabilities[open.upperBound..<close.lowerBound]))
  }
}

/// Copies and frees a string that libvirt allocated for the caller.
func takeString(_ allocated: UnsafeMutablePointer<CChar>) -> String {
  defer { free(allocated) }
  return String(cString: allocated)
}
