internal import CLibvirt

extension LibvirtError {
  /// The part of libvirt that raised an error (`virErrorDomain`); no relation to a guest's ``Domain``.
  ///
  /// Open: a number without a constant here is kept as it came.
  package struct ErrorDomain: RawRepresentable, Hashable, Sendable {
    /// libvirt's number.
    package let rawValue: Int32

    /// A part of libvirt by its number.
    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ number: virErrorDomain) {
      rawValue = Int32(number.rawValue)
    }

    /// No part in particular: the public entry points.
    package static let none = ErrorDomain(VIR_FROM_NONE)
    /// The XML parser.
    package static let xml = ErrorDomain(VIR_FROM_XML)
    /// The conversation with the daemon.
    package static let rpc = ErrorDomain(VIR_FROM_RPC)
    /// The QEMU driver.
    package static let qemu = ErrorDomain(VIR_FROM_QEMU)
    /// The test driver.
    package static let test = ErrorDomain(VIR_FROM_TEST)
    /// The driver that talks to a daemon.
    package static let remote = ErrorDomain(VIR_FROM_REMOTE)
    /// The code that reads a domain's XML.
    package static let domain = ErrorDomain(VIR_FROM_DOMAIN)
  }
}
