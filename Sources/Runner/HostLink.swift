import AgentProtocol
import Journal
import Scenario

/// The connections to one host, by generation, and the requests that were sent over them.
struct HostLink: Sendable {
  /// The purpose of a request, which decides the meaning of its reply.
  enum Purpose: Sendable {
    case hello
    case clock(asked: Nanoseconds)
    case survey
    case check(step: String)
    case state
    case arm(lease: String)
    case inject(lease: String)
    case revert(lease: String)
    case statuses
    case forget(lease: String)
    case query(view: String, asked: Nanoseconds)
    case records(probe: String, RecordsRead.Place)
    /// The reply isn't used.
    case quiet
  }

  var clock = HostClock()
  /// The connection for requests.
  var serving: Int?
  /// The connection that is being made.
  var dialing: Int?
  /// Connections that newer ones have replaced. Their messages still count.
  var retired: [Int] = []
  var generation = 0
  var welcome: Welcome?
  /// How long the first connection took, from its start to the agent's welcome.
  var firstDialTook: Nanoseconds?
  var dialedAt = Nanoseconds.zero
  /// The output of the host's login shell, as last reported.
  var printed: String?
  var isWanted = false
  var isLost = false
  var lastHeard = Nanoseconds.zero
  var nextDial = Nanoseconds.zero
  var nextPing = Nanoseconds.zero
  var lookingThrough: [String: Nanoseconds] = [:]
  private var nextID = 1
  private var asked: [Int: Purpose] = [:]

  /// The maximum silence of a connection, which is asked for the time each second, before it counts as lost.
  static let patience = Nanoseconds.seconds(4)
  static let pingEvery = Nanoseconds.seconds(1)
  static let dialEvery = Nanoseconds.milliseconds(500)

  /// Assigns an id to a request and records its purpose.
  mutating func ask(_ request: Request, _ purpose: Purpose) -> RequestLine {
    asked[nextID] = purpose
    nextID += 1
    return RequestLine(id: nextID - 1, request: request)
  }

  /// The purpose of the request that a reply answers.
  mutating func purpose(of id: Int) -> Purpose? { asked.removeValue(forKey: id) }
}
