@preconcurrency import Glibc

/// The stream of `print`, which reports no error itself.
package enum StandardOutput {
  /// Writes what is still in its buffer, and returns why a part was not written, as to a full disk; nil if all was. A
  /// reader such as head(1) may close its end when it has read enough.
  package static func failure() -> String? {
    guard fflush(stdout) == 0 else {
      if errno == EPIPE { return nil }
      return "\(SystemError("write", "stdout", errno: errno)); the output is not complete"
    }
    // stdio has already written what did not fit its buffer. If that failed, only the error flag of the stream shows it.
    if ferror(stdout) == 0 { return nil }
    var end = pollfd(fd: 1, events: 0, revents: 0)
    if poll(&end, 1, 0) > 0, end.revents & Int16(POLLERR) != 0 { return nil }
    return "write stdout: a part was not written, as to a full disk; the output is not complete"
  }
}
