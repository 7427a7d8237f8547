internal import CLibvirt

extension LibvirtError {
  /// What was refused (`virErrorNumber`).
  ///
  /// Open: a number without a constant here is kept as it came.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// libvirt's number.
    public let rawValue: Int32

    /// A code by libvirt's number.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ number: virErrorNumber) {
      rawValue = Int32(number.rawValue)
    }

    /// No error was recorded, though the call failed.
    public static let ok = Code(VIR_ERR_OK)
    /// A failure without a code of its own; the test driver uses it for operations in the wrong state.
    public static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
    /// The driver doesn't have this function.
    public static let noSupport = Code(VIR_ERR_NO_SUPPORT)
    /// The hypervisor can't be reached.
    public static let noConnect = Code(VIR_ERR_NO_CONNECT)
    /// The connection can't be used, for example because no driver takes its URI.
    public static let invalidConnection = Code(VIR_ERR_INVALID_CONN)
    /// An argument, or the URI, is malformed.
    public static let invalidArgument = Code(VIR_ERR_INVALID_ARG)
    /// The hypervisor tried and failed.
    public static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
    /// The XML lacks what libvirt needs, or says what it doesn't know.
    public static let xmlError = Code(VIR_ERR_XML_ERROR)
    /// The XML isn't well formed.
    public static let xmlDetail = Code(VIR_ERR_XML_DETAIL)
    /// A domain of this name or UUID exists.
    public static let domainExists = Code(VIR_ERR_DOM_EXIST)
    /// The connection is read-only.
    public static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
    /// A system call failed; see ``LibvirtError/errno``.
    public static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
    /// The conversation with the daemon broke down.
    public static let rpc = Code(VIR_ERR_RPC)
    /// No such domain, or it went away.
    public static let noDomain = Code(VIR_ERR_NO_DOMAIN)
    /// The daemon didn't accept who is calling.
    public static let authFailed = Code(VIR_ERR_AUTH_FAILED)
    /// The operation doesn't apply in the domain's present state.
    public static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
    /// The hypervisor can't do what the XML asks for.
    public static let configUnsupported = Code(VIR_ERR_CONFIG_UNSUPPORTED)
    /// Something took too long, for example another job that holds the domain.
    public static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
    /// The operation was cancelled.
    public static let operationAborted = Code(VIR_ERR_OPERATION_ABORTED)
    /// The driver has the function, yet not for this.
    public static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
    /// The driver has the function, yet not with this argument.
    public static let argumentUnsupported = Code(VIR_ERR_ARGUMENT_UNSUPPORTED)
    /// The domain has no metadata of this kind.
    public static let noDomainMetadata = Code(VIR_ERR_NO_DOMAIN_METADATA)
    /// Something else uses the resource.
    public static let resourceBusy = Code(VIR_ERR_RESOURCE_BUSY)
    /// The access driver said no.
    public static let accessDenied = Code(VIR_ERR_ACCESS_DENIED)
    /// No way to authenticate is at hand, for example no polkit agent.
    public static let authUnavailable = Code(VIR_ERR_AUTH_UNAVAILABLE)
  }
}
