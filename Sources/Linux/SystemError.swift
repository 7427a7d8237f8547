import Glibc

/// A failed system call: the operation, its object, and the errno.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call, such as `open` or `fsync`.
  package var operation: String
  /// The path or object of the call.
  package var object: String
  /// See errno(3).
  package var errno: Int32

  /// A failure with an errno that was read right after the call.
  package init(_ operation: String, _ object: String, errno: Int32) {
    self.operation = operation
    self.object = object
    self.errno = errno
  }

  /// `open /etc/murphy/agent.json: No such file or directory (errno 2)`.
  package var description: String {
    "\(operation) \(object): \(String(cString: strerror(errno))) (errno \(errno))"
  }
}

/// Returns the call's result, or throws its errno if the result is -1. Retries after EINTR.
@discardableResult
package func checked<Result: SignedInteger>(
  _ operation: String, _ object: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result != -1 { return result }
    let code = Glibc.errno
    if code != EINTR { throw SystemError(operation, object(), errno: code) }
  }
}
