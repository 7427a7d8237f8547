import AgentProtocol
import Conductor
import Journal
import Probes
import Scenario
import Views

/// What a run's controller decides, as a value: the conductor, the connections to the hosts, and the looks through views.
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
    /// The answer to a look over HTTP that was asked then.
    case answered(view: String, asked: Nanoseconds, HTTPAnswer)
    /// The belief that `interpret` was asked for.
    case belief(view: String, Belief)
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
    /// Ask a view over HTTP.
    case get(String, view: String, asked: Nanoseconds)
    /// Form the belief of a view from what it returned, or from the reason why it returned nothing.
    case interpret(view: String, ViewAnswer)
    /// Show something that is no part of the journal.
    case remark(String)
    /// End the run.
    case finish(Ending)
  }

  /// What a look through a view returned.
  package enum ViewAnswer: Sendable {
    /// The outputs of its tools, or the body of an answer over HTTP.
    case outputs([String])
    /// Why there are none.
    case failed(String)
  }

  let scenario: Scenario
  let fleet: Fleet
  let run: String
  /// The controller's monotonic clock when the run began.
  let origin: Nanoseconds
  private var conductor: Conductor
  var links: [String: HostLink] = [:]
  private var isWatching = false
  private var nextLook: [String: Nanoseconds] = [:]
  private var lastShown: [String: Nanoseconds] = [:]
  /// Views whose answer over HTTP is awaited.
  private var askingOverHTTP: Set<String> = []
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
    for host in fleet.hosts { links[host.name] = HostLink(host) }
  }

  /// The next moment at which `tick` must come, if nothing else comes before.
  package func nextDue(after now: Nanoseconds) -> Nanoseconds { conductor.nextDue(after: now) }

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
    fleet.hosts.flatMap { host -> [Act] in
      guard let link = links[host.name] else { return [] }
      let serving = link.serving.map { Act.endInput(host: host.name, generation: $0) }
      let others = (link.retired + [link.dialing].compactMap { $0 }).map {
        Act.cut(host: host.name, generation: $0)
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
      askingOverHTTP.remove(view)
      switch answer {
      case .body(let text): show(.outputs([text]), in: view, asked: asked)
      case .failed(let reason): show(.failed(reason), in: view, asked: asked)
      }
    case .belief(let view, let belief): report(.view(view, belief))
    case .signal(let name): report(.interrupted(signal: name))
    case .tick:
      serveLinks()
      lookAround()
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
      var volume: String?
      for view in fleet.views { if view.kind.kind == Gluster().key { volume = view.kind.text("volume") } }
      ask(host, .survey(volume: volume), .survey)
    case .check(let host, let step, let order, let duration):
      ask(host, .check(order, duration: duration), .check(step: step))
    case .thaw(let host, let leases): ask(host, .thaw(leases: leases), .quiet)
    case .state(let host, let leases): ask(host, .state(thawing: leases), .state)
    case .arm(let host, let lease, let order, let begins, let duration):
      ask(host, .arm(lease: lease, order: order, begins: begins, duration: duration), .arm(lease: lease))
    case .inject(let host, let lease): ask(host, .inject(lease: lease), .inject(lease: lease))
    case .revert(let host, let lease): ask(host, .revert(lease: lease), .revert(lease: lease))
    case .settle(let host, let lease): ask(host, .settle(lease: lease), .forget(lease: lease))
    case .standings(let host):
      ask(host, .leases, .standings)
      ask(host, .watchDomains, .quiet)
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

  // MARK: Views

  /// Looks through each view at its pace: from a host that answers and that no fault has taken, or by itself.
  private mutating func lookAround() {
    guard isWatching else { return }
    // All of the fleet's: also one that the scenario doesn't measure by may show hosts broken.
    for view in fleet.views {
      let name = view.name
      guard now >= nextLook[name] ?? .zero else { continue }
      let question: ViewQuestion
      do throws(ViewRefused) {
        question = try view.kind.question()
      } catch {
        nextLook[name] = now + view.every
        acts.append(.interpret(view: name, .failed("\(error)")))
        continue
      }
      switch question {
      case .get(let url):
        if askingOverHTTP.contains(name) { continue }
        nextLook[name] = now + view.every
        askingOverHTTP.insert(name)
        acts.append(.get(url, view: name, asked: now))
      case .tools:
        guard let host = lookout else { continue }
        // A look that hangs must not keep the next from another host.
        if let asked = links[host]?.lookingThrough[name], now - asked < .seconds(12) { continue }
        nextLook[name] = now + view.every
        ask(host, .look(view.kind), .look(view: name, asked: now))
        links[host]?.lookingThrough[name] = now
      }
    }
  }

  /// The host from which views are looked through: the first that answers and that no fault has taken.
  private var lookout: String? {
    let hosts = fleet.hosts.lazy.map(\.name).filter { isServed($0) }
    return hosts.first { !conductor.hostsDown.contains($0) } ?? hosts.first
  }

  /// A host answers a look. One that a fault has taken since it was asked sees the others gone, while it is itself cut
  /// off: its answer is not the platform's view.
  mutating func looked(_ answer: ViewAnswer, of host: String, view: String, asked: Nanoseconds) {
    links[host]?.lookingThrough[view] = nil
    if !conductor.hostsDown.contains(host) || lookout == host { show(answer, in: view, asked: asked) }
  }

  /// Shows an answer that was asked later than all that the view has shown: one that a cut path held back must not pass
  /// for what is believed now.
  private mutating func show(_ answer: ViewAnswer, in view: String, asked: Nanoseconds) {
    if let last = lastShown[view], asked <= last { return }
    lastShown[view] = asked
    acts.append(.interpret(view: view, answer))
  }
}
