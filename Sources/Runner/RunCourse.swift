import AgentProtocol
import Conductor
import Journal
import Scenario

/// The decisions of a run's controller, as a value: the conductor, the connections to the hosts, and the queries for
/// views.
///
/// `handle` takes an event with its time, and returns the acts that follow, in their order. `Run` performs them over
/// ssh, and the simulation performs them in virtual time. Times are on the controller's monotonic clock since the run
/// began.
package struct RunCourse: Sendable {
  /// An event.
  package enum Input: Sendable {
    /// The run may begin.
    case start
    /// A line of an agent, over the connection of this generation.
    case line(host: String, generation: Int, AgentLine)
    /// The output of a host's login shell.
    case printed(host: String, String)
    /// A connection ended, for this reason.
    case connectionEnded(host: String, generation: Int, String)
    /// A probe's sample.
    case sample(Sample)
    /// A read of the records behind an append probe.
    case records(probe: String, RecordsRead)
    /// The answer to a query by the controller.
    case answered(view: String, asked: Nanoseconds, LookResult)
    /// The settings of a part of the platform that only the controller reads.
    case configured([String: String])
    /// The belief that `interpret` requested.
    case belief(Belief, view: String, from: String?, asked: Nanoseconds)
    /// A signal of the operator.
    case signal(String)
    /// Time has passed.
    case tick
  }

  /// An act for the performer.
  package enum Act: Sendable {
    /// Write this to the journal before the next act.
    case record(Event)
    /// Start a connection. `firstTook` is how long the first one took, if there was one.
    case dial(Fleet.Host, generation: Int, firstTook: Nanoseconds?)
    /// Send a request.
    case send(host: String, generation: Int, RequestLine)
    /// Close the agent's stdin, and continue to read.
    case endInput(host: String, generation: Int)
    /// Kill the connection.
    case cut(host: String, generation: Int)
    /// Empty the log behind an append probe, then start the scenario's probes.
    case startProbes(trial: Int)
    /// Stop the probes.
    case stopProbes
    /// Read the records behind an append probe, by its service.
    case auditWrites(probe: String)
    /// Query a view from the controller.
    case ask(Fleet.View, asked: Nanoseconds)
    /// Derive the belief of a view from its answers.
    case interpret(LookResult, view: String, from: String?, asked: Nanoseconds)
    /// Show a text that is not part of the journal.
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
  /// The sites that may have leases: the hosts of the fleet in their order, and the controller if a step needs it.
  let sites: [String]
  /// The links to the sites, in their order. A dictionary would copy a link for each change.
  var links: [HostLink]
  private let places: [String: Int]
  var isWatching = false
  /// The trial whose probes were started last.
  private var trial = 0
  var nextLook: [String: Nanoseconds] = [:]
  var lastShown: [Query: Nanoseconds] = [:]
  /// When each host was last queried as `ViewSpec.isAside`.
  var askedAside: [Query: Nanoseconds] = [:]
  /// Views for which an answer to the controller is awaited.
  var asking: Set<String> = []
  /// The settings that the controller read, of all views.
  private var controllerSettings: [String: String] = [:]
  /// The time of the last `tick`.
  private var tickedAt: Nanoseconds?
  /// The last acts of the run; nil before the run has ended. No act follows them.
  private var finalActs: [Act]?
  /// Collects the acts that `handle` returns.
  var acts: [Act] = []
  /// The time of the present event.
  var now = Nanoseconds.zero

  /// A run that has not begun.
  ///
  /// - Parameters:
  ///   - run: its name.
  ///   - tag: the beginning of its leases' names.
  ///   - part: the trials to make; nil for all.
  ///   - trialsPerTarget: see `TrialDraws`.
  ///   - origin: the controller's monotonic clock at the begin.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, run: String, tag: String, seed: UInt64,
    part: TrialPart? = nil, trialsPerTarget: Int = 1, reachedThrough: [String: [String]] = [:],
    origin: Nanoseconds = .zero
  ) {
    self.scenario = scenario
    self.fleet = fleet
    self.run = run
    self.origin = origin
    conductor = Conductor(
      scenario: scenario, fleet: fleet, catalogue: catalogue, tag: tag,
      draws: TrialDraws(seed: seed, trialsPerTarget: trialsPerTarget), part: part,
      reachedThrough: reachedThrough)
    sites = conductor.sites
    links = sites.map { _ in HostLink() }
    places = Dictionary(zip(sites, sites.indices)) { first, _ in first }
  }

  /// The time at which `tick` must be called, also if other events happen before.
  package var nextDue: Nanoseconds { tickedAt.map { conductor.nextDue(after: $0) } ?? .zero }

  /// Whether a host answers, as far as is known.
  package func isServed(_ host: String) -> Bool {
    place(of: host).map { links[$0].isServed } ?? false
  }

  /// The connection for requests to a host.
  package func serving(_ host: String) -> Int? { place(of: host).flatMap { links[$0].serving } }

  /// The connection to a host that is being made.
  package func dialing(_ host: String) -> Int? { place(of: host).flatMap { links[$0].dialing } }

  /// The place of a site's link.
  func place(of site: String) -> Int? { places[site] }

  /// Takes an event, and returns acts.
  package mutating func handle(_ input: Input, at now: Nanoseconds) -> [Act] {
    if finalActs != nil { return [] }
    self.now = now
    take(input)
    defer { acts = [] }
    return finalActs ?? acts
  }

  /// Closes the connections after the run's end. Each agent ends by itself when it has no lease left.
  package func closing() -> [Act] {
    zip(sites, links).flatMap { site, link -> [Act] in
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
      // Once for all connections of the host.
      guard let place = place(of: host), links[place].printed != text else { return }
      links[place].printed = text
      acts.append(.remark("\(host): its login shell prints: \(text)"))
    case .connectionEnded(let host, let generation, let reason): receiveEnd(reason, of: host, generation)
    case .sample(let sample): report(.sample(sample))
    case .records(let probe, let read): report(.records(probe: probe, read))
    case .answered(let view, let asked, let answer):
      asking.remove(view)
      interpret(answer, of: view, from: nil, asked: asked)
    case .configured(let settings):
      if settings.isEmpty { break }
      controllerSettings.merge(settings) { $1 }
      report(
        .surveyed(
          HostSurvey(
            host: Site.controller.name, fingerprint: controllerSettings, running: [], clockOffset: .zero,
            clockUncertainty: .zero)))
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
    case .connect(let host): if let place = place(of: host) { links[place].isWanted = true }
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
    case .startProbes(let number):
      trial = number
      acts.append(.startProbes(trial: number))
    case .stopProbes: acts.append(.stopProbes)
    case .auditWrites(let name): acts.append(.auditWrites(probe: name))
    case .checkFiles(let host, let probe, let paths):
      ask(host, .checkFiles(paths: paths), .check(step: probe))
    case .readRecords(let probe, let place):
      if isServed(place.host ?? "") {
        ask(
          place.host ?? "", .records(path: place.path ?? "", owner: recordOwner),
          .records(probe: probe, place))
      } else {
        report(.records(probe: probe, RecordsRead(place, unreadable: "\(place.host ?? "") does not answer")))
      }
    case .finish(let ending):
      acts.append(.finish(ending))
      finalActs = acts
    }
  }

  /// The owner of the records of this trial.
  private var recordOwner: String { Self.recordOwner(run: run, trial: trial) }

  /// The owner of the records of a trial.
  package static func recordOwner(run: String, trial: Int) -> String { "\(run).\(trial)" }

  /// Sends a request to a host, if it can be reached.
  mutating func ask(_ host: String, _ request: Request, _ purpose: HostLink.Purpose) {
    guard let place = place(of: host), let serving = links[place].serving else { return }
    acts.append(.send(host: host, generation: serving, links[place].ask(request, purpose)))
  }
}
