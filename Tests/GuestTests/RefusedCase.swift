import Agent
import AgentProtocol
import Faults
import IsolatedHost
import Journal
import Scenario
import Testing

/// A fault that its host must refuse without a change.
struct RefusedCase: Sendable {
  /// Makes the network, by the functions of `Image/case.sh` and ip(8).
  var setUp: String
  var fault: NetworkCase.Fault
  /// Further commands whose output is compared.
  var compared: [String] = []
  /// Parts of the reason.
  var reason: [String]

  /// Runs the case on a new host in the guest.
  func run(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await withGuestHost(sourceLocation: sourceLocation) { host in
      try host.run(setUp + "\nstable")
      let before = try NetworkListing(of: host, and: compared)
      let agent = try host.agent()
      let order = try fault.order()
      let error = try #require(throws: AgentSessionFailed.self, sourceLocation: sourceLocation) {
        try agent.ask(.arm(lease: "lease", order: try order.spec, begins: .zero, duration: .seconds(60)))
      }
      for part in reason {
        #expect(error.description.contains(part), "\(error)", sourceLocation: sourceLocation)
      }
      #expect(try agent.revert(of: "lease").residue == [], sourceLocation: sourceLocation)
      let differences = try NetworkListing(of: host, and: compared).differences(from: before)
      #expect(differences == [], sourceLocation: sourceLocation)
      try agent.end()
    }
  }
}
