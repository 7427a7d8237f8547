import AgentProtocol
import Conductor
import Journal
import Scenario

/// What a run's controller decides, as a value: the conductor, the connections to the hosts, and the queries for views.
///
/// `handle` takes what arrived and when, and returns the acts that follow, in their order. `Run` performs them over ssh,
/// the simulation in virtual time. Times are of the controller's monotonic clock since the run began.
package struct RunCourse: Sendable {
  /// What can arrive.
  package enum Input: Sendable {
    /// The run may begin.
    case start
    /// A line of an agent's, over the connection of that generation.
    case line(host: String, generation: Int, AgentLine)
    /// What a host's login shell printed.
    case printed(host: String, String)
    /// A connection ended: why.
    case connectionEnded(host: String, generation: Int, String)
    /// A probe's sample.
    case sample(Sample)
    /// The records behind an append probe.
    case writes(WritesAudit)
    /// The answer to a query by the controller.
    case answered(view: String, asked: Nanoseconds, LookResult)
    /// The belief that `interpret` wanted.
    case belief(Belief, view: String, from: String?, asked: Nanoseconds)
    /// A signal of the operator's.
    case signal(String)
    /// Time has passed.
    case tick
  }

  /// What is to be done.
  package enum Act: Sendable {
    /// Write this into the journal, before anything that follows.
    case record(Event)
    /// Start a connection; `firstTook` is how long the first one took, where there was one.
    case dial(Fleet.Host, generation: Int, firstTook: Nanoseconds?)
    /// Send a request.
    case send(host: String, generation: Int, RequestLine)
    /// End the agent's stdin, and read on.
    case endInput(host: String, generation: Int)
    /// End the connection at once.
    case cut(host: String, generation: Int)
    /// Empty the log behind an append probe, then start the scenario's probes.
    case startProbes(trial: Int)
    /// Stop the probes.
    case stopProbes
    /// Read the records behind an append probe.
    case auditWrites(probe: String)
    /// Query a view from the controller.
    case ask(Fleet.View, asked: Nanoseconds)
    /// Form the belief of a view from what it returned.
    case interpret(LookResult, view: String, from: String?, asked: Nanoseconds)
    /// Show something that is no part of the journal.
    case remark(String)
    /// End the run.
    case finish(Ending)
  }

  let scenario: Scenario
  let fleet: Fleet
  let run: String
  /// The controller's monotonic clock when the run began.
  let origin: Nanoseconds
  var conductor: Conductor
  var links: [String: HostLink] = [:]
  var isWatching = false
  var nextLook: [String: Nanoseconds] = [:]
  var lastShown: [Query: Nanoseconds] = [:]
  /// When each was last asked as `ViewSpec.isAside`.
  var askedAside: [Query: Nanoseconds] = [:]
  /// Views whose answer to the controller is awaited.
  var asking: Set<String> = []
  /// When `tick` came last.
  private var tickedAt: Nanoseconds?
  /// What was returned last, up to the end of the run; nil before. Nothing is wanted after it.
  private var finalActs: [Act]?
  /// Gathers what `handle` returns.
  var acts: [Act] = []
  /// The time of what is being handled.
  var now = Nanoseconds.zero

  /// A run that has not begun.
  ///
  /// - Parameters:
  ///   - run: its name.
  ///   - tag: begins the names of its leases.
  ///   - origin: the controller's monotonic clock when it begins.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, run: String, tag: String, seed: UInt64,
    reachedThrough: [String: [String]] = [:], origin: Nanoseconds = .zero
  ) {
    self.scenario = scenario
    self.fleet = fleet
    self.run = run
    self.origin = origin
    conductor = Conductor(
      scenario: scenario, fleet: fleet, catalogue: catalogue, tag: tag, seed: seed,
      reachedThrough: reachedThrough)
    for site in conductor.sites { links[site] = HostLink() }
  }

  /// When `tick` must come, whatever else comes before.
  package var nextDue: Nanoseconds { tickedAt.map { conductor.nextDue(after: $0) } ?? .zero }

  /// Whether a host answers, as far as is known.
  package func isServed(_ host: String) -> Bool {
    links[host].map { $0.serving != nil && !$0.isLost } ?? false
  }

  /// The connection over which a host is asked.
  package func serving(_ host: String) -> Int? { links[host]?.serving }

  /// The connection to a host that is being made.
  package func dialing(_ host: String) -> Int? { links[host]?.dialing }

  /// Takes what arrived, and returns what is to be done.
  package mutating func handle(_ input: Input, at now: Nanoseconds) -> [Act] {
    if finalActs != nil { return [] }
    self.now = now
    take(input)
    defer { acts = [] }
    return finalActs ?? acts
  }

  /// What is done with the connections when the run has ended: each agent ends by itself once it holds nothing.
  package func closing() -> [Act] {
    conductor.sites.flatMap { site -> [Act] in
      guard let link = links[site] else { return [] }
      let serving = link.serving.map { Act.endInput(host: site, generation: $0) }
      let others = (link.retired + [link.dialing].compactMap { $0 }).map {
        Act.cut(host: site, generation: $0)
      }
      return [serving].compactMap { $0 } + others
    }
  }

  private mutating func take(_ input: Input) {
    switch input {
    case .start: report(.start)
    case .line(let host, let generation, let line): receive(line, of: host, generation)
    case .printed(let host, let text):
      // Once for all of its connections.
      if links[host]?.printed == text { return }
      links[host]?.printed = text
      acts.append(.remark("\(host): its login shell prints: \(text)"))
    case .connectionEnded(let host, let generation, let reason): receiveEnd(reason, of: host, generation)
    case .sample(let sample): report(.sample(sample))
    case .writes(let audit): report(.writes(audit))
    case .answered(let view, let asked, let answer):
      asking.remove(view)
      interpret(answer, of: view, from: nil, asked: asked)
    case .belief(let belief, let view, let host, let asked): take(belief, of: view, from: host, asked: asked)
    case .signal(let name): report(.interrupted(signal: name))
    case .tick:
      tickedAt = now
      serveLinks()
      askViews()
      report(.tick)
    }
  }

  mutating func report(_ occurrence: Occurrence) {
    for command in conductor.handle(occurrence, at: now) { carryOut(command) }
  }

  // MARK: Commands

  private mutating func carryOut(_ command: Command) {
    switch command {
    case .record(let event): acts.append(.record(event))
    case .connect(let host): links[host]?.isWanted = true
    case .watch:
      isWatching = true
      for host in fleet.hosts { ask(host.name, .watchDomains, .quiet) }
    case .survey(let host):
      ask(host, .survey(views: fleet.views.map(\.kind)), .survey)
    case .check(let host, let step, let order, let duration):
      ask(host, .check(order, duration: duration), .check(step: step))
    case .thaw(let host, let leases): ask(host, .thaw(leases: leases), .quiet)
    case .state(let host, let leases): ask(host, .state(thawing: leases), .state)
    case .arm(let host, let lease, let order, let begins, let duration):
      ask(host, .arm(lease: lease, order: order, begins: begins, duration: duration), .arm(lease: lease))
    case .inject(let host, let lease): ask(host, .inject(lease: lease), .inject(lease: lease))
    case .revert(let host, let lease): ask(host, .revert(lease: lease), .revert(lease: lease))
    case .forget(let host, let lease): ask(host, .forget(lease: lease), .forget(lease: lease))
    case .statuses(let host):
      ask(host, .leases, .statuses)
      if host != Site.controller.name { ask(host, .watchDomains, .quiet) }
    case .startProbes(let number): acts.append(.startProbes(trial: number))
    case .stopProbes: acts.append(.stopProbes)
    case .auditWrites(let name): acts.append(.auditWrites(probe: name))
    case .finish(let ending):
      acts.append(.finish(ending))
      finalActs = acts
    }
  }

  /// Asks a host, where it is reached.
  mutating func ask(_ host: String, _ request: Request, _ purpose: HostLink.Purpose) {
    guard let serving = links[host]?.serving else { return }
    ask(host, request, purpose, over: serving)
  }

  mutating func ask(_ host: String, _ request: Request, _ purpose: HostLink.Purpose, over generation: Int) {
    guard let line = links[host]?.ask(request, purpose) else { return }
    acts.append(.send(host: host, generation: generation, line))
  }
}
