import Glibc

/// stdin, stdout and stderr.
package enum StandardDescriptors {
  /// Opens each one that is closed. Otherwise the next file would get its number, and a journal the messages for stderr.
  /// Reading and writing fail with EBADF, as before.
  package static func open() {
    for (number, access) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(number, F_GETFD) == -1 {
      // The file gets the lowest free number, which is this one.
      _ = Glibc.open("/dev/null", access)
    }
  }
}
