import ArgumentParser
import Glibc
import Linux

/// Exits unless this process runs as root.
func requireRoot() throws {
  if getuid() == 0 { return }
  printToStandardError("murphy-bench: not root: it creates namespaces; run it as root")
  throw ExitCode.failure
}

/// Starts this program again with these arguments, in namespaces that end with it.
func restartInNamespaces(_ arguments: [String], processor: Int? = nil) throws(SystemError) -> Never {
  let pin = processor.map { ["taskset", "-c", "\($0)"] } ?? []
  try become(
    pin + [
      "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", try programPath(),
    ] + arguments)
}

/// Replaces this process by another program; see execvp(3).
func become(_ arguments: [String]) throws(SystemError) -> Never {
  execvp(arguments[0], arguments.map { strdup($0) } + [nil])
  throw SystemError("execvp", arguments[0], errno: errno)
}

/// Makes PID 1 of a pid namespace end on signals. It ignores signals without a handler.
func endOnSignals() {
  for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _exit(128 + $0) } }
  signal(SIGPIPE, SIG_IGN)
}
