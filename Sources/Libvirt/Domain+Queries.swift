internal import CLibvirt

extension Domain {
  /// The host's id of the running guest; nil while it is inactive. Each start gives a new one.
  ///
  /// Queries libvirt: the id inside a libvirt handle is from the moment when the handle was made.
  package func id() throws(LibvirtError) -> UInt32? {
    let id = try connection.domain(uuid: uuid).handleID
    return id == .max ? nil : id
  }

  /// Whether a hypervisor process exists for the guest, running or paused.
  package func isActive() throws(LibvirtError) -> Bool {
    try call("ask for the activity of") { virDomainIsActive($0) } == 1
  }

  /// The guest's state and its reason, as libvirt reports them.
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

  /// The domain's XML (<https://libvirt.org/formatdomain.html>): of the running guest if it is active, otherwise its
  /// definition. Without passwords.
  package func xmlDescription() throws(LibvirtError) -> String {
    takeString(try acquire("describe") { virDomainGetXMLDesc($0, 0) })
  }
}
