internal import CLibvirt

extension LibvirtError {
  /// What was refused (`virErrorNumber`).
  ///
  /// Open: a number without a constant here is kept as it came.
  package struct Code: RawRepresentable, Hashable, Sendable {
    /// libvirt's number.
    package let rawValue: Int32

    /// A code by libvirt's number.
    package init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    private init(_ number: virErrorNumber) {
      rawValue = Int32(number.rawValue)
    }

    /// No error was recorded, though the call failed.
    package static let ok = Code(VIR_ERR_OK)
    /// A failure without a code of its own; the test driver uses it for operations in the wrong state.
    package static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
    /// The driver doesn't have this function.
    package static let noSupport = Code(VIR_ERR_NO_SUPPORT)
    /// The hypervisor can't be reached.
    package static let noConnect = Code(VIR_ERR_NO_CONNECT)
    /// The connection can't be used, for example because no driver takes its URI.
    package static let invalidConnection = Code(VIR_ERR_INVALID_CONN)
    /// An argument, or the URI, is malformed.
    package static let invalidArgument = Code(VIR_ERR_INVALID_ARG)
    /// The hypervisor tried and failed.
    package static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
    /// The XML lacks what libvirt needs, or says what it doesn't know.
    package static let xmlError = Code(VIR_ERR_XML_ERROR)
    /// The XML isn't well formed.
    package static let xmlDetail = Code(VIR_ERR_XML_DETAIL)
    /// A domain of this name or UUID exists.
    package static let domainExists = Code(VIR_ERR_DOM_EXIST)
    /// The connection is read-only.
    package static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
    /// A system call failed; see ``LibvirtError/errno``.
    package static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
    /// The conversation with the daemon broke down.
    package static let rpc = Code(VIR_ERR_RPC)
    /// No such domain, or it went away.
    package static let noDomain = Code(VIR_ERR_NO_DOMAIN)
    /// The daemon didn't accept who is calling.
    package static let authFailed = Code(VIR_ERR_AUTH_FAILED)
    /// The operation doesn't apply in the domain's present state.
    package static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
    /// The hypervisor can't do what the XML asks for.
    package static let configUnsupported = Code(VIR_ERR_CONFIG_UNSUPPORTED)
    /// Something took too long, for example another job that holds the domain.
    package static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
    /// The operation was cancelled.
    package static let operationAborted = Code(VIR_ERR_OPERATION_ABORTED)
    /// The driver has the function, yet not for this.
    package static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
    /// The driver has the function, yet not with this argument.
    package static let argumentUnsupported = Code(VIR_ERR_ARGUMENT_UNSUPPORTED)
    /// The domain has no metadata of this kind.
    package static let noDomainMetadata = Code(VIR_ERR_NO_DOMAIN_METADATA)
    /// Something else uses the resource.
    package static let resourceBusy = Code(VIR_ERR_RESOURCE_BUSY)
    /// The access driver said no.
    package static let accessDenied = Code(VIR_ERR_ACCESS_DENIED)
    /// No way to authenticate is at hand, for example no polkit agent.
    package static let authUnavailable = Code(VIR_ERR_AUTH_UNAVAILABLE)
  }
}
