import AgentProtocol
import Journal
import Linux
import Scenario

/// One host as the run reaches it: the connection that serves, the one that is being made, and what was asked.
package struct HostLink {
  /// What a request was sent for, and so what its reply means.
  enum Purpose {
    case hello
    case clock(asked: Int64)
    case survey
    case check(step: String)
    case state
    case arm(lease: String)
    case inject(lease: String)
    case revert(lease: String)
    case standings
    case look(view: String, asked: Int64)
    /// Nothing waits for the reply.
    case quiet
  }

  let host: Fleet.Host
  /// Where its files are, if this is the agent at the controller; nil for a host's.
  let controller: Fleet.Controller?
  var clock = HostClock()
  var serving: (connection: AgentConnection, generation: Int)?
  var dialing: (connection: AgentConnection, generation: Int)?
  var retired: [(connection: AgentConnection, generation: Int)] = []
  var generation = 0
  var welcome: Welcome?
  /// How long the first connection took, from its start to the agent's welcome.
  var firstDialTook: Int64?
  var dialedAt: Int64 = 0
  /// What its login shell printed, as last reported.
  var printed: String?
  var isWanted = false
  var isLost = false
  var lastHeard: Int64 = 0
  var nextDial: Int64 = 0
  var nextPing: Int64 = 0
  var lookingThrough: [String: Int64] = [:]
  private var nextID = 1
  private var asked: [Int: Purpose] = [:]

  /// How long a connection may be silent, though it is asked for the time each second, before it counts as lost.
  package static let patience: Int64 = 4_000_000_000
  package static let pingEvery: Int64 = 1_000_000_000
  package static let dialEvery: Int64 = 500_000_000

  init(_ host: Fleet.Host) {
    self.host = host
    controller = nil
  }

  /// The agent at the controller.
  init(_ controller: Fleet.Controller) {
    host = AgentCommand.here
    self.controller = controller
  }

  /// Sends a request over a connection and remembers what it was for.
  mutating func ask(_ request: Request, _ purpose: Purpose, over connection: AgentConnection?) throws {
    guard let connection else { return }
    asked[nextID] = purpose
    nextID += 1
    try connection.send(RequestLine(id: nextID - 1, request: request))
  }

  /// What a reply answers.
  mutating func purpose(of id: Int) -> Purpose? { asked.removeValue(forKey: id) }
}
