internal import CLibvirt
import FoundationEssentials
import Glibc

extension Connection {
  /// libvirt's version at the other end: the daemon's, not this process's library.
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

  /// The name of the host that the hypervisor runs on, as that host knows it.
  package func hostname() throws(LibvirtError) -> String {
    takeString(try acquire("ask for the hostname of") { virConnectGetHostname($0) })
  }

  /// What the host and its hypervisor can do, as XML (<https://libvirt.org/formatcaps.html>).
  ///
  /// With QEMU the first call after a daemon's start may take seconds, while it probes its emulators.
  package func capabilities() throws(LibvirtError) -> String {
    takeString(try acquire("ask for the capabilities of") { virConnectGetCapabilities($0) })
  }

  /// The host's UUID, by which libvirt tells hosts apart, from its ``capabilities()``.
  ///
  /// nil where the driver gives none, as the test driver.
  package func hostUUID() throws(LibvirtError) -> UUID? {
    // libvirt writes <uuid> as the first child of <host> and nowhere else, always in this form.
    let capabilities = try capabilities()
    guard let open = capabilities.firstRange(of: "<uuid>"),
      let close = capabilities[open.upperBound...].firstRange(of: "</uuid>")
    else { return nil }
    return UUID(uuidString: String(capabilities[open.upperBound..<close.lowerBound]))
  }
}

/// Copies a string that libvirt allocated for the caller, and frees it.
func takeString(_ allocated: UnsafeMutablePointer<CChar>) -> String {
  defer { free(allocated) }
  return String(cString: allocated)
}
