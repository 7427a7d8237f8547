import AgentProtocol
import Journal
import Scenario

/// One host as the run reaches it: its connections by generation, and what was asked over them.
struct HostLink: Sendable {
  /// What a request was sent for, and so what its reply means.
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
    /// Nothing waits for the reply.
    case quiet
  }

  var clock = HostClock()
  /// The connection that serves.
  var serving: Int?
  /// The connection that is being made.
  var dialing: Int?
  /// Connections that newer ones have replaced; what they still bring counts.
  var retired: [Int] = []
  var generation = 0
  var welcome: Welcome?
  /// How long the first connection took, from its start to the agent's welcome.
  var firstDialTook: Nanoseconds?
  var dialedAt = Nanoseconds.zero
  /// What its login shell printed, as last reported.
  var printed: String?
  var isWanted = false
  var isLost = false
  var lastHeard = Nanoseconds.zero
  var nextDial = Nanoseconds.zero
  var nextPing = Nanoseconds.zero
  var lookingThrough: [String: Nanoseconds] = [:]
  private var nextID = 1
  private var asked: [Int: Purpose] = [:]

  /// How long a connection may be silent, though it is asked for the time each second, before it counts as lost.
  static let patience = Nanoseconds.seconds(4)
  static let pingEvery = Nanoseconds.seconds(1)
  static let dialEvery = Nanoseconds.milliseconds(500)

  /// Numbers a request and remembers what it is for.
  mutating func ask(_ request: Request, _ purpose: Purpose) -> RequestLine {
    asked[nextID] = purpose
    nextID += 1
    return RequestLine(id: nextID - 1, request: request)
  }

  /// What a reply answers.
  mutating func purpose(of id: Int) -> Purpose? { asked.removeValue(forKey: id) }
}
