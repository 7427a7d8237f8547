import ArgumentParser
import Glibc
import IsolatedHost
import Linux

/// `murphy-bench`: how long it takes from a command's receipt by the agent to the verified effect, beside the bare
/// calls that do the same and beside the processes of ip(8) and nft(8), in one run on one machine.
///
/// It starts itself anew in namespaces of its own, with links of its own, and runs the `murphy-agent` that lies
/// beside it over the real protocol. The namespaces end with it, and all that was in them.
@main
struct MurphyBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-bench",
    abstract:
      "Measures the time to effect of each netlink and nft fault, against the limit and the usual tools.",
    discussion:
      "It needs root. Nothing of the machine is touched: all of it happens in namespaces of its own.")

  @Option(help: "How often each fault is measured; three hosts at once a fifth as often, reverts a tenth.")
  var count = 1000

  @Flag(help: "Print JSON, times in nanoseconds.")
  var json = false

  @Option(help: .hidden)
  var stage: Stage?

  /// Where in its own namespaces the program stands.
  enum Stage: String, ExpressibleByArgument {
    /// The controller, which shares a host with the first agent.
    case controller
    /// A further host, about to become its agent.
    case host
  }

  func validate() throws {
    if count < 1 { throw ValidationError("--count: give 1 or more") }
  }

  func run() throws {
    switch stage {
    case nil:
      guard getuid() == 0 else {
        printToStandardError("murphy-bench: not root: it needs namespaces of its own; run it as root")
        throw ExitCode.failure
      }
      try enterNamespaces()
    case .host:
      try IsolatedHost.setUp()
      try become([try IsolatedHost.agent()])
    case .controller:
      // The first process of a namespace of ids ignores what it doesn't handle; its end ends all others.
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _exit(128 + $0) } }
      signal(SIGPIPE, SIG_IGN)
      try IsolatedHost.separateFiles()
      try IsolatedHost.setUp()
      var bench = try Bench()
      let figures = try bench.measure(count: count)
      print(json ? try figures.json() : figures.text)
    }
  }

  private func enterNamespaces() throws {
    var arguments = [
      "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", try programPath(),
      "--stage", Stage.controller.rawValue, "--count", "\(count)",
    ]
    if json { arguments.append("--json") }
    try become(arguments)
  }

  /// Runs another program in this one's place; see execvp(3).
  private func become(_ arguments: [String]) throws(SystemError) -> Never {
    execvp(arguments[0], arguments.map { strdup($0) } + [nil])
    throw SystemError("execvp", arguments[0], errno: errno)
  }
}
