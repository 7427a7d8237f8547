import ArgumentParser
import Glibc
import Linux

/// This program in temporary namespaces, which end with it.
enum Isolation {
  /// - Throws: `ExitCode` unless this process may create namespaces.
  static func checkRoot() throws {
    if getuid() == 0 { return }
    printToStandardError("murphy-torture: not root: it creates namespaces; run it as root")
    throw ExitCode(3)
  }

  /// Starts this program with other arguments. It ends with this process, even if this one is killed.
  static func start(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(
      [
        "setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
        "--mount-proc", "tini", "-s", "--", try programPath(),
      ] + arguments, environment: ["PATH": ToolEnvironment.path], session: .callers, input: .inherited,
      output: .inherited, errors: .inherited)
  }
}
