import FoundationEssentials
import Glibc
import HostTesting
import Linux
import ProductTesting
import Scenario
import Testing

@testable import Agent
import AgentProtocol
import ToolTesting

/// A host for the real `murphy-agent`: its own pid and mount namespaces, in the network namespace of the calling
/// thread. Its /run, /etc and /var are in memory, over the machine's. So no lease, policy or lock of it is visible
/// outside, and no process of it is left when it ends.
///
/// It ends with the end of its PID 1's stdin, also if the test dies.
final class AgentHost {
  /// The host's policy, unless a test writes another one.
  static let policy = Resource.Kind.policyAllowingAll(damage: ["*"])

  static let isPossible =
    getuid() == 0 && TestTools.have(["/usr/bin/unshare", "/usr/bin/nsenter", "/usr/bin/tini"])

  static let program = TestProducts.agent

  private let outer: ChildProcess
  /// PID 1, as the machine numbers it.
  private let initial: Int32
  private var clients: [AgentClient] = []

  /// Runs a body with a host in the calling thread's network namespace, and ends the host.
  static func run(_ body: (AgentHost) throws -> Void) throws {
    #expect(access(program, X_OK) == 0, "no murphy-agent beside the tests: build the whole package")
    let host = try AgentHost()
    let outcome = Result { try body(host) }
    host.end()
    try outcome.get()
  }

  private init() throws {
    let script = """
      mount -t tmpfs tmpfs /mnt
      mkdir -p /mnt/etc /mnt/var/lib
      # Whiteouts hide what the machine has there; to remove it from the overlay, file by file, would take seconds.
      mknod /mnt/etc/murphy c 0 0
      mknod /mnt/var/lib/murphy c 0 0
      for part in etc var; do
        mkdir /mnt/$part.work
        mount -t overlay overlay -o lowerdir=/$part,upperdir=/mnt/$part,workdir=/mnt/$part.work /$part
      done
      for part in /run /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
        mkdir -p $part
        mount -t tmpfs tmpfs $part
      done
      mkdir /etc/murphy
      echo ready
      exec tini -s -- cat
      """
    // The host ends when its stdin ends.
    outer = try ChildProcess(
      [
        "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-euc", script,
      ], session: .callers, input: .pipe, output: .pipe, errors: .inherited)
    let word = try outer.read() ?? []
    guard String(decoding: word, as: UTF8.self) == "ready\n" else {
      throw NeverHappened("the host came up: \(String(decoding: word, as: UTF8.self))")
    }
    initial = try #require(Self.children(of: outer.pid).first)
    try write(Self.policy, to: Policy.path)
  }

  /// Waits until PID 1 has ended by itself. unshare ends as PID 1 did.
  func awaitEnd() throws -> ProcessEnd {
    try #require(try outer.wait(within: .seconds(60)), "the host's PID 1 doesn't end")
  }

  private func end() {
    for client in clients { client.reap() }
    // PID 1 ends with its stdin, and the kernel ends all processes in the namespace with it. unshare reaps PID 1. If
    // unshare were killed instead, PID 1 would stay a zombie until the machine's init reaps it, which can take seconds.
    outer.closeInput()
    let end = try? outer.wait(within: .seconds(60))
    #expect(end != nil, "the host's processes don't end")
  }

  // MARK: Files

  /// The path by which the test reaches a file of the host.
  func path(_ path: String) -> String { "/proc/\(initial)/root\(path)" }

  func write(_ text: String, to file: String) throws {
    try DurableFile.write(Array(text.utf8), to: path(file))
  }

  var leases: LeaseFolder { LeaseFolder(path: path(LeaseFolder.standard.path)) }

  /// Waits until a lease's effect is in its log: the agent logs it after its reply. A process that reverts a fault whose
  /// effect isn't logged must assume that the injection continues, and repeats the undo for a while.
  func awaitEffect(of lease: String) throws {
    try eventually("the effect of \(lease) is noted") {
      try leases.status(of: try leases.read(lease)).effect != nil
    }
  }

  // MARK: Processes

  /// Starts a program on the host.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> AgentClient {
    let client = try AgentClient(
      NamespaceEntry.command(arguments, in: [.mount, .pid], of: initial),
      environment: ToolEnvironment.bare.merging(environment) { $1 })
    clients.append(client)
    return client
  }

  /// Starts an agent, and says hello.
  func agent(run: String = "run-1", environment: [String: String] = [:]) throws -> AgentClient {
    let client = try start([Self.program], environment: environment)
    guard case .reply(_, .welcome) = try client.ask(.hello(run: run)) else {
      throw NeverHappened("the agent welcomes \(run)")
    }
    return client
  }

  /// Runs `murphy-agent recover`: its results, and its exit code.
  func recover() throws -> (results: [Recovery], code: Int32) {
    let client = try start([Self.program, "recover", "--json"])
    return (try Recovery.results(in: try client.rest()), client.reap())
  }

  /// The host's processes that are murphy-agent, by their arguments, as the machine numbers them.
  func agents(where condition: ([String]) -> Bool = { _ in true }) -> [Int32] {
    processes { words in
      (words.first?.hasSuffix("murphy-agent") == true || words.dropFirst().first == "watch")
        && condition(words)
    }
  }

  /// The host's living processes, by their arguments, as the machine numbers them.
  func processes(where condition: ([String]) -> Bool) -> [Int32] {
    var found: Set<Int32> = []
    var next = [initial] + clients.flatMap { Self.children(of: $0.pid) }
    while let pid = next.popLast() {
      next += Self.children(of: pid)
      let line = (try? DurableFile.read("/proc/\(pid)/cmdline")) ?? []
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard let state = try? ProcessIdentity(pid: pid).state(), state != "Z", condition(words) else {
        continue
      }
      found.insert(pid)
    }
    return found.sorted()
  }

  /// The agent of a client.
  func process(of client: AgentClient) throws -> Int32 {
    try #require(Self.children(of: client.pid).first)
  }

  /// The watchdog of a lease.
  func watchdog(of lease: String) throws -> Int32 {
    let found = agents { $0.contains("watch") && $0.contains(lease) }
    try #require(found.count == 1)
    return found[0]
  }

  /// Stops a process, and waits until it has stopped.
  func stop(_ pid: Int32) throws {
    let process = try ProcessIdentity(pid: pid)
    #expect(try process.signal(SIGSTOP))
    try eventually("\(pid) is stopped") { try process.state() == "T" }
  }

  static func children(of pid: Int32) -> [Int32] {
    let threads = (try? DurableFile.list("/proc/\(pid)/task")) ?? []
    return threads.flatMap { thread -> [Int32] in
      let text = (try? DurableFile.read("/proc/\(pid)/task/\(thread)/children")) ?? []
      return text.split(separator: UInt8(ascii: " ")).compactMap {
        Int32(String(decoding: $0, as: UTF8.self))
      }
    }
  }
}
