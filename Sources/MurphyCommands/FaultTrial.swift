import Faults
import Glibc
import Linux
import Netlink
import Scenario

/// Injects and reverts every variant of the catalogue's faults that needs no domain, with its whole contract, on a link
/// in a temporary network namespace.
enum FaultTrial {
  struct Outcome: Sendable {
    var tried: FaultCase
    /// Why it is not possible here; nil if it is.
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

  /// The faults that are tried: they need no more than a link.
  static let cases = Catalogue.builtIn.cases.filter { !$0.needsDomain && !$0.needsBMC }

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

  private static let site = TrialSite(
    host: .init(
      name: "here", ssh: "here", links: ["trial": "cable0"], addresses: ["trial": ["192.0.2.1"]]),
    network: "trial",
    peer: .init(
      name: "there", ssh: "there", links: ["trial": "cable0"], addresses: ["trial": ["192.0.2.2"]]))

  private static func run(_ tried: FaultCase, in namespace: borrowing OwnNetworkNamespace) throws {
    let instruments = Instruments()
    let routes = try instruments.routes()
    try routes.addVeth("cable0", peer: "cable1")
    // The pair also ends with the namespace, should this fail.
    defer { try? routes.delete(.name("cable0")) }
    for end in ["cable0", "cable1"] { try routes.setUp(true, .name(end)) }
    // The kernel completes this asynchronously, and adds the link's IPv6 address only then.
    for _ in 0..<500 where try routes.link(.name("cable0")).operativeState != .up { usleep(10_000) }
    if let address = IPPrefix("192.0.2.1/24") {
      try routes.add(InterfaceAddress(address), to: try routes.link(.name("cable0")).index)
    }
    let step = tried.step(at: site, named: "trial", for: .seconds(5))
    let order = try Catalogue.order(for: step, on: site.host, in: site.fleet)
    try order.rehearse(in: namespace, using: instruments)
  }
}
