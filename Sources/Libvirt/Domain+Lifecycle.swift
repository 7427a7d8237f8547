internal import CLibvirt

extension Domain {
  /// Stops the guest's CPUs; its memory stays. The state becomes ``DomainState/paused(_:)``.
  package func suspend() throws(LibvirtError) {
    try call("suspend") { virDomainSuspend($0) }
  }

  /// Lets a suspended guest run on from where it stood.
  package func resume() throws(LibvirtError) {
    try call("resume") { virDomainResume($0) }
  }

  /// Starts a defined domain. Blocks until the guest runs.
  package func create() throws(LibvirtError) {
    try call("create") { virDomainCreate($0) }
  }

  /// Ends the guest at once, as if its power was cut. A transient domain vanishes.
  ///
  /// libvirt asks QEMU to go (SIGTERM), and kills it (SIGKILL) where it doesn't within some 10 s, for example
  /// because it hangs. `graceful` asks alone, so that QEMU may flush its caches, and is to fail where QEMU
  /// stays; yet libvirt 9.0 was seen to kill a hung QEMU even so, after 25 s.
  package func destroy(graceful: Bool = false) throws(LibvirtError) {
    let flags = graceful ? VIR_DOMAIN_DESTROY_GRACEFUL : VIR_DOMAIN_DESTROY_DEFAULT
    try call("destroy") { virDomainDestroyFlags($0, flags.rawValue) }
  }

  /// Removes the domain's definition. One that runs becomes transient, and runs on.
  package func undefine() throws(LibvirtError) {
    try call("undefine") { virDomainUndefine($0) }
  }
}
