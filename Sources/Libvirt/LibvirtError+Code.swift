internal import CLibvirt

extension LibvirtError {
  /// An error number of libvirt (`virErrorNumber`).
  ///
  /// Open: a number without a constant here is kept.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ number: virErrorNumber) {
      rawValue = Int32(number.rawValue)
    }

    /// The call failed without recording an error.
    package static let ok = Code(VIR_ERR_OK)
    /// A failure without its own code; the test driver uses it for operations in the wrong state.
    package static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
    /// The driver doesn't have this function.
    package static let noSupport = Code(VIR_ERR_NO_SUPPORT)
    /// The XML isn't well formed.
    package static let xmlDetail = Code(VIR_ERR_XML_DETAIL)
    /// The connection is read-only.
    package static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
    /// A system call failed; see ``LibvirtError/errno``.
    package static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
    /// Communication with the daemon failed.
    static let rpc = Code(VIR_ERR_RPC)
    /// There is no such domain, or it was removed.
    package static let noDomain = Code(VIR_ERR_NO_DOMAIN)
    /// The daemon refused the caller's authentication.
    static let authFailed = Code(VIR_ERR_AUTH_FAILED)
    /// The operation isn't valid in the domain's present state.
    package static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
    /// The driver has the function, but not for this operation.
    package static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
    /// The driver has the function, but not with this argument.
    package static let argumentUnsupported = Code(VIR_ERR_ARGUMENT_UNSUPPORTED)
    /// The domain has no metadata of this kind.
    static let noDomainMetadata = Code(VIR_ERR_NO_DOMAIN_METADATA)
    /// No authentication method is available, for example no polkit agent.
    static let authUnavailable = Code(VIR_ERR_AUTH_UNAVAILABLE)
  }
}
