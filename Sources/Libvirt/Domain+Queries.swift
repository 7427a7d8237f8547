internal import CLibvirt

extension Domain {
  /// The number that the host gave the running guest; nil while it is inactive. Each start gives a new one.
  ///
  /// Asks anew: the number inside a libvirt handle is that of the moment when the handle was made.
  package func id() throws(LibvirtError) -> UInt32? {
    let id = try connection.domain(uuid: uuid).handleID
    return id == .max ? nil : id
  }

  /// Whether a hypervisor process exists for the guest, running or paused.
  package func isActive() throws(LibvirtError) -> Bool {
    try call("ask for the activity of") { virDomainIsActive($0) } == 1
  }

  /// What the guest does, and why, as far as libvirt knows.
  package func state() throws(LibvirtError) -> DomainState {
    var state: CInt = 0
    var reason: CInt = 0
    try call("ask for the state of") { virDomainGetState($0, &state, &reason, 0) }
    return DomainState(state: state, reason: reason)
  }

  /// The guest's memory, CPUs, and used CPU time.
  package func info() throws(LibvirtError) -> DomainInfo {
    var info = virDomainInfo()
    try call("ask for the info of") { virDomainGetInfo($0, &info) }
    return DomainInfo(info)
  }

  /// The domain's XML (<https://libvirt.org/formatdomain.html>): of the running guest if it is active, else
  /// as it is defined. Passwords are left out.
  package func xmlDescription() throws(LibvirtError) -> String {
    takeString(try acquire("describe") { virDomainGetXMLDesc($0, 0) })
  }
}
