internal import CLibvirt

extension Domain {
  /// Stops the guest's CPUs; its memory is kept. The state becomes ``DomainState/paused(_:)``.
  package func suspend() throws(LibvirtError) {
    try call("suspend") { virDomainSuspend($0) }
  }

  /// Resumes a suspended guest.
  package func resume() throws(LibvirtError) {
    try call("resume") { virDomainResume($0) }
  }

  /// Starts a defined domain. Blocks until the guest runs.
  package func create() throws(LibvirtError) {
    try call("create") { virDomainCreate($0) }
  }

  /// Stops the guest at once, like a power cut. A transient domain ends.
  ///
  /// libvirt sends QEMU SIGTERM, and SIGKILL if it doesn't end within some 10 s, for example because it hangs.
  /// `graceful` sends only SIGTERM, so that QEMU may flush its caches, and should fail if QEMU doesn't end; but
  /// libvirt 9.0 was seen to kill a hung QEMU even so, after 25 s.
  package func destroy(graceful: Bool = false) throws(LibvirtError) {
    let flags = graceful ? VIR_DOMAIN_DESTROY_GRACEFUL : VIR_DOMAIN_DESTROY_DEFAULT
    try call("destroy") { virDomainDestroyFlags($0, flags.rawValue) }
  }

  /// Removes the domain's definition. A running one becomes transient and continues to run.
  package func undefine() throws(LibvirtError) {
    try call("undefine") { virDomainUndefine($0) }
  }
}
