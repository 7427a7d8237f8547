@preconcurrency import Glibc
import Linux

/// The stream of `print`, which reports no error itself.
enum StandardOutput {
  /// Writes what is still in its buffer, and refuses a success of which a part was not written, as to a full disk. A
  /// reader such as head(1) may close its end when it has read enough.
  static func finish() throws(Stop) {
    guard fflush(stdout) == 0 else {
      if errno == EPIPE { return }
      throw Stop(.badInput, "\(SystemError("write", "stdout", errno: errno)); the output is not complete")
    }
    // stdio has already written what did not fit its buffer. If that failed, only the error flag of the stream shows it.
    if ferror(stdout) == 0 { return }
    var end = pollfd(fd: 1, events: 0, revents: 0)
    if poll(&end, 1, 0) > 0, end.revents & Int16(POLLERR) != 0 { return }
    throw Stop(
      .badInput, "write stdout: a part was not written, as to a full disk; the output is not complete")
  }
}
