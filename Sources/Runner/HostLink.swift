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

  /// A connection counts as lost after this time without an answer. Its agent is asked for the time each second.
  static let patience = Nanoseconds.seconds(4)
  static let pingEvery = Nanoseconds.seconds(1)
  static let dialEvery = Nanoseconds.milliseconds(500)

  /// Whether the host answers, as far as is known.
  var isServed: Bool { serving != nil && !isLost }

  /// What must be done for a link now.
  struct Due {
    /// Start a connection.
    var dial = false
    /// Send a request for the time.
    var ping = false
    /// Report that the host no longer answers.
    var loss = false
  }

  /// Whether a connection should be started now.
  func isDialDue(at now: Nanoseconds) -> Bool { isWanted && !isServed && dialing == nil && now >= nextDial }

  /// Whether the first connection is being made.
  var isFirstDial: Bool { dialing != nil && welcome == nil }

  /// Returns what is due, and records it as done.
  ///
  /// - Parameter hasTurn: whether a connection may be started now.
  mutating func takeDue(at now: Nanoseconds, hasTurn: Bool) -> Due {
    var due = Due()
    guard isWanted else { return due }
    due.dial = hasTurn && isDialDue(at: now)
    if serving == nil { return due }
    if now >= nextPing {
      nextPing = now + Self.pingEvery
      due.ping = true
    }
    if !isLost, now - lastHeard > Self.patience {
      isLost = true
      due.loss = true
    }
    return due
  }

  /// Begins a connection; returns its generation.
  mutating func dial(at now: Nanoseconds) -> Int {
    nextDial = now + Self.dialEvery
    dialedAt = now
    generation += 1
    dialing = generation
    return generation
  }

  /// The connection over which a line arrived.
  enum Source {
    case serving
    /// The host counted as lost, but its connection was only slow.
    case regained(Welcome)
    case dialing
    case retired
  }

  /// Records that a line arrived; nil if its connection isn't known.
  mutating func receive(over generation: Int, at now: Nanoseconds) -> Source? {
    if serving == generation {
      lastHeard = now
      // If another connection is being made, that one will take over.
      guard isLost, dialing == nil, let welcome else { return .serving }
      isLost = false
      return .regained(welcome)
    }
    if dialing == generation { return .dialing }
    return retired.contains(generation) ? .retired : nil
  }

  /// Assigns an id to a request and records its purpose.
  mutating func ask(_ request: Request, _ purpose: Purpose) -> RequestLine {
    asked[nextID] = purpose
    nextID += 1
    return RequestLine(id: nextID - 1, request: request)
  }

  /// The purpose of the request that a reply answers.
  mutating func purpose(of id: Int) -> Purpose? { asked.removeValue(forKey: id) }
}
