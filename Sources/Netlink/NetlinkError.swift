import Glibc

/// A request that the kernel, or the socket on the way to it, refused.
///
/// The kernel's errno is kept as it came, and so is its own sentence (the "extended acknowledgement"
/// of netlink(7), NETLINK_EXT_ACK) where the kernel gave one.
package struct NetlinkError: Error, Sendable, Hashable, Codable {
  /// What was asked for, as a verb: "set down", "add route".
  package var operation: String
  /// What it was asked for: "link eth0".
  package var object: String
  /// The errno, positive. See errno(3).
  package var code: Int32
  /// The kernel's own words on what is wrong with the request.
  package var kernelMessage: String?

  /// Makes an error from an errno.
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
  /// One line: what, where, why and, where there is one, the way out.
  package var description: String {
    var line = "cannot \(operation) \(object): \(text) (errno \(code))"
    if let kernelMessage { line += ": \(kernelMessage)" }
    if code == EPERM { line += "; run as root, or with CAP_NET_ADMIN in this network namespace" }
    return line
  }
}
