import Faults
import Glibc
import Linux
import Netlink
import Scenario

/// Injects and reverts every variant of the catalogue's faults that needs no domain, with all acts of its contract, on
/// a link in a temporary network namespace.
enum FaultTrial {
  struct Outcome: Sendable {
    var tried: FaultCase
    /// Why it is impossible here; nil if it is possible.
    var reason: String?
  }

  /// Tries all faults.
  ///
  /// - Throws: `SystemError` if no network namespace can be created.
  static func runAll() throws(SystemError) -> [Outcome] {
    // A namespace belongs to a thread, and ends with it.
    let answer = try Mailbox<Result<[Outcome], SystemError>>()
    try startThread(named: "fault trial") {
      do throws(SystemError) {
        let namespace = try OwnNetworkNamespace()
        answer.post(
          .success(cases.map { Outcome(tried: $0, reason: reason(against: $0, in: namespace)) }))
      } catch {
        answer.post(.failure(error))
      }
    }
    while true {
      answer.wait(nanoseconds: 1_000_000_000)
      if let outcome = answer.take().first { return try outcome.get() }
    }
  }

  /// The faults that are tried: those that need no more than a link or a process.
  static let cases = Catalogue.builtIn.cases.filter { [.namespace, .process].contains($0.needs) }

  private static func reason(
    against tried: FaultCase, in namespace: borrowing OwnNetworkNamespace
  ) -> String? {
    do {
      try run(tried, in: namespace)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Arguments that no other process has: ten minutes, and this process's id as the fraction.
  private static let processMark = "600.\(getpid())"
  private static let sleep = Diagnosis.Use.program("sleep", in: ToolEnvironment.path) ?? "/usr/bin/sleep"

  private static let site = TrialSite(
    host: .init(
      name: "here", ssh: "here", links: ["trial": "cable0"], addresses: ["trial": ["192.0.2.1"]],
      bmc: .init(ipmi: "192.0.2.3", user: "trial", passwordFile: "/dev/null")),
    network: "trial",
    peer: .init(
      name: "there", ssh: "there", links: ["trial": "cable0"], addresses: ["trial": ["192.0.2.2"]]),
    parameters: ["executable": .text(sleep), "arguments": .text(processMark)])

  private static func run(_ tried: FaultCase, in namespace: borrowing OwnNetworkNamespace) throws {
    let instruments = Instruments()
    let routes = try instruments.routes()
    try routes.addVeth("cable0", peer: "cable1")
    // If this fails, the end of the namespace deletes the pair.
    defer { try? routes.delete(.name("cable0")) }
    for end in ["cable0", "cable1"] { try routes.setUp(true, .name(end)) }
    // The kernel completes this asynchronously, and adds the link's IPv6 address only then.
    for _ in 0..<500 where try routes.link(.name("cable0")).operativeState != .up { usleep(10_000) }
    if let address = IPPrefix("192.0.2.1/24") {
      try routes.add(InterfaceAddress(address), to: try routes.link(.name("cable0")).index)
    }
    // The fault hits a process that this thread starts, and that ends with this function.
    let process = tried.needs == .process ? try ChildProcess(["sleep", processMark]) : nil
    defer { process?.kill() }
    let step = tried.step(at: site, named: "trial", for: .seconds(5))
    let order = try Catalogue.order(for: step, on: site.host, in: site.fleet)
    // A new process runs this program until its exec.
    if process != nil {
      for _ in 0..<500 where !order.fault.missing(using: instruments).isEmpty { usleep(2_000) }
    }
    try order.rehearse(in: namespace, using: instruments)
  }
}
