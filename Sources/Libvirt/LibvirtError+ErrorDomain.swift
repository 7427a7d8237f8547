internal import CLibvirt

extension LibvirtError {
  /// The part of libvirt that raised an error (`virErrorDomain`); not related to a guest's ``Domain``.
  ///
  /// Open: a number without a constant here is kept.
  package struct ErrorDomain: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ number: virErrorDomain) {
      rawValue = Int32(number.rawValue)
    }

    /// No specific part: the public entry points.
    package static let none = ErrorDomain(VIR_FROM_NONE)
    package static let xml = ErrorDomain(VIR_FROM_XML)
    /// Communication with the daemon.
    package static let rpc = ErrorDomain(VIR_FROM_RPC)
    package static let qemu = ErrorDomain(VIR_FROM_QEMU)
    package static let test = ErrorDomain(VIR_FROM_TEST)
    /// The driver that connects to a daemon.
    package static let remote = ErrorDomain(VIR_FROM_REMOTE)
    /// The code that reads a domain's XML.
    package static let domain = ErrorDomain(VIR_FROM_DOMAIN)
  }
}
