import Glibc

/// A request that the kernel or the socket refused.
///
/// It keeps the kernel's errno, and the kernel's own message (the extended acknowledgement of netlink(7),
/// NETLINK_EXT_ACK) if there is one.
package struct NetlinkError: Error, Sendable, Hashable, Codable {
  /// The request, as a verb: "set down", "add route".
  package var operation: String
  /// The object of the request: "link eth0".
  package var object: String
  /// The errno, positive. See errno(3).
  package var code: Int32
  /// The kernel's own message.
  package var kernelMessage: String?

  package init(operation: String, object: String, code: Int32, kernelMessage: String? = nil) {
    self.operation = operation
    self.object = object
    self.code = code
    self.kernelMessage = kernelMessage
  }

  /// The C library's text for `code`.
  package var text: String { String(cString: strerror(code)) }
}

extension NetlinkError: CustomStringConvertible {
  /// One line: operation, object, reason and, if known, the next step.
  package var description: String {
    var line = "cannot \(operation) \(object): \(text) (errno \(code))"
    if let kernelMessage { line += ": \(kernelMessage)" }
    if code == EPERM { line += "; run as root, or with CAP_NET_ADMIN in this network namespace" }
    return line
  }
}
