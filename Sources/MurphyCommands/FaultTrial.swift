import Faults
import Glibc
import Linux
import Netlink
import Scenario

/// Injects and reverts each fault that needs only a link, with its whole contract, on a link in a temporary network
/// namespace.
enum FaultTrial {
  struct Outcome: Sendable {
    var fault: String
    /// The parameters of the trial, for display.
    var variant: String
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
        var outcomes: [Outcome] = []
        for (fault, variant, parameters) in trials {
          let reason = reason(against: fault, parameters, in: namespace)
          outcomes.append(Outcome(fault: fault, variant: variant, reason: reason))
        }
        answer.post(.success(outcomes))
      } catch {
        answer.post(.failure(error))
      }
    }
    while true {
      answer.wait(nanoseconds: 1_000_000_000)
      if let outcome = answer.take().first { return try outcome.get() }
    }
  }

  private static let trials: [(fault: String, variant: String, parameters: [String: ParameterValue])] = [
    ("host.unplug", "mode carrier", [:]),
    ("host.unplug", "mode silent", ["mode": .word("silent")]),
    ("link.drop", "mode carrier", [:]),
    ("link.drop", "mode silent, one way", ["mode": .word("silent"), "direction": .word("in")]),
    ("firewall.lock", "established kept", [:]),
    ("firewall.lock", "established cut", ["established": .word("cut")]),
    ("partition", "one side", [:]),
  ]

  private static func reason(
    against fault: String, _ parameters: [String: ParameterValue], in namespace: borrowing OwnNetworkNamespace
  ) -> String? {
    do {
      try run(fault, parameters, in: namespace)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func run(
    _ fault: String, _ parameters: [String: ParameterValue], in namespace: borrowing OwnNetworkNamespace
  ) throws {
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
    let host = Fleet.Host(
      name: "here", ssh: "here", links: ["trial": "cable0"], addresses: ["trial": ["192.0.2.1"]])
    let peer = Fleet.Host(
      name: "there", ssh: "there", links: ["trial": "cable0"], addresses: ["trial": ["192.0.2.2"]])
    let target: Target =
      switch fault {
      case "link.drop": .link(.named("here"), network: "trial")
      case "partition": .sides([["here"], ["there"]], network: "trial")
      default: .host(.named("here"))
      }
    let step = Step(
      name: "trial", trigger: .at(.zero), fault: fault, target: target, duration: .seconds(5),
      parameters: parameters)
    let order = try Catalogue.order(for: step, on: host, in: Fleet(name: "trial", hosts: [host, peer]))
    try order.rehearse(in: namespace, using: instruments)
  }
}
