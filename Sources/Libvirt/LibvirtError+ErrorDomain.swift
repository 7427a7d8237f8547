internal import CLibvirt

extension LibvirtError {
  /// The part of libvirt that raised an error (`virErrorDomain`); no relation to a guest's ``Domain``.
  ///
  /// Open: a number without a constant here is kept as it came.
  public struct ErrorDomain: RawRepresentable, Hashable, Sendable {
    /// libvirt's number.
    public let rawValue: Int32

    /// A part of libvirt by its number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ number: virErrorDomain) {
      rawValue = Int32(number.rawValue)
    }

    /// No part in particular: the public entry points.
    public static let none = ErrorDomain(VIR_FROM_NONE)
    /// The XML parser.
    public static let xml = ErrorDomain(VIR_FROM_XML)
    /// The conversation with the daemon.
    public static let rpc = ErrorDomain(VIR_FROM_RPC)
    /// The QEMU driver.
    public static let qemu = ErrorDomain(VIR_FROM_QEMU)
    /// The test driver.
    public static let test = ErrorDomain(VIR_FROM_TEST)
    /// The driver that talks to a daemon.
    public static let remote = ErrorDomain(VIR_FROM_REMOTE)
    /// The code that reads a domain's XML.
    public static let domain = ErrorDomain(VIR_FROM_DOMAIN)
  }
}
