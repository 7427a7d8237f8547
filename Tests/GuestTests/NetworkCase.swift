import Agent
import AgentProtocol
import Faults
import IsolatedHost
import Journal
import Scenario
import Testing

/// A host's network, its faults, and the expected behaviour. After the last revert the network must be unchanged, line
/// by line and in order, according to standard tools and to Murphy's own audit.
struct NetworkCase: Sendable {
  /// Makes the network, by the functions of `Image/case.sh` and ip(8).
  var setUp: String
  /// The faults are injected in this order, and reverted in this order.
  var faults: [Fault]
  /// The cause of the reverts.
  var end: End = .controller
  /// This script must succeed before and after the faults.
  var works: String = ""
  /// This script must succeed while all faults are active.
  var during: String = ""
  /// Further commands whose output is compared.
  var compared: [String] = []

  /// The cause of the reverts in a case.
  enum End: Sendable {
    /// The controller requests the reverts, one after the other.
    case controller
    /// `murphy-agent recover`, after all of Murphy's processes on the host were killed.
    case recover
  }

  /// A fault, in the words of a scenario.
  enum Fault: Sendable {
    /// `link.drop` of one link.
    case drop(String, mode: String = "carrier", direction: String = "both")
    /// `host.unplug` of all links.
    case unplug([String], mode: String = "carrier")
    /// `firewall.lock`.
    case lock(direction: String = "in", allow: [UInt16] = [22], established: String = "kept")

    /// The fault's assignment for the host falco.
    func order() throws -> FaultOrder {
      let (name, target, links, parameters): (String, Target, [String], [String: ParameterValue]) =
        switch self {
        case .drop(let link, let mode, let direction):
          (
            "link.drop", .link(.named("falco"), network: "net0"), [link],
            ["mode": .word(mode), "direction": .word(direction)]
          )
        case .unplug(let links, let mode):
          ("host.unplug", .host(.named("falco")), links, ["mode": .word(mode)])
        case .lock(let direction, let allow, let established):
          (
            "firewall.lock", .host(.named("falco")), ["eth0"],
            ["direction": .word(direction), "allow": .ports(allow), "established": .word(established)]
          )
        }
      let host = Fleet.Host(
        name: "falco", ssh: "root@falco",
        links: Dictionary(uniqueKeysWithValues: links.enumerated().map { ("net\($0.offset)", $0.element) }))
      let step = Step(
        name: "step-1", trigger: .at(.zero), fault: name, target: target, duration: Self.duration,
        parameters: parameters)
      return try Catalogue.order(for: step, on: host, in: Fleet(name: "guest", hosts: [host]))
    }

    /// Longer than any case takes, so that the controller reverts the faults.
    static let duration = Nanoseconds.seconds(60)
  }

  /// Runs the case on a new host in the guest, and records each deviation.
  func run(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await withGuestHost(sourceLocation: sourceLocation) { host in
      try host.run(setUp + "\nstable\n" + works)
      let before = try NetworkListing(of: host, and: compared)
      var agent = try host.agent()
      let state = try network(of: agent)
      let leases = faults.indices.map { "case_\($0)" }
      for (lease, fault) in zip(leases, faults) {
        try agent.ask(
          .arm(lease: lease, order: try fault.order().spec, begins: .zero, duration: Fault.duration))
      }
      for lease in leases { _ = try agent.effect(of: try agent.send(.inject(lease: lease))) }
      try host.run("sleep 1\n" + during)
      switch end {
      case .controller:
        for lease in leases {
          guard case .reverted(let revert) = try agent.ask(.revert(lease: lease)) else {
            throw GuestFailed("the agent did not revert \(lease)")
          }
          if !revert.residue.isEmpty {
            Issue.record("residue of \(lease): \(revert.residue)", sourceLocation: sourceLocation)
          }
        }
      case .recover:
        try host.run("killall -KILL murphy-agent; sleep 0.5; murphy-agent recover")
        try agent.hangUp()
        agent = try host.agent(run: "run-2")
      }
      // Duplicate address detection, carriers and the ports of bridges need some time.
      var differences: [String] = []
      for _ in 0..<6 {
        differences = try NetworkListing(of: host, and: compared).differences(from: before)
        if differences.isEmpty { break }
        try host.run("sleep 0.5")
      }
      if !differences.isEmpty {
        Issue.record(
          "the network differs:\n\(differences.joined(separator: "\n"))", sourceLocation: sourceLocation)
      }
      let audit = NetworkListing(lines: ["# Murphy's audit"] + (try network(of: agent)))
        .differences(from: NetworkListing(lines: ["# Murphy's audit"] + state))
      if !audit.isEmpty {
        Issue.record("\(audit.joined(separator: "\n"))", sourceLocation: sourceLocation)
      }
      try host.run(works)
      try agent.end()
    }
  }

  /// The host's network according to Murphy's audit.
  private func network(of agent: AgentSession) throws -> [String] {
    guard case .state(let state) = try agent.ask(.state(thawing: [])) else {
      throw GuestFailed("the agent did not return its host's state")
    }
    if let unread = state.unread.first(where: { $0.part == .network }) {
      throw GuestFailed("the agent did not read its host's network: \(unread.reason)")
    }
    return state.lines.filter { $0.part == .network }.map(\.text)
  }
}
