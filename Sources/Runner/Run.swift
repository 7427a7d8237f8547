import AgentProtocol
import Conductor
import Dispatch
import FoundationEssentials
import Glibc
import Journal
import Linux
import Probes
import Scenario
import Views

/// The I/O around a conductor: agents over ssh, probes, views, the journal and the clock.
///
/// One thread takes what arrives, in order, asks the conductor, and does what it says; `perform` returns when the run
/// has ended.
package final class Run {
  enum Message: Sendable {
    case arrived(host: String, generation: Int, AgentConnection.Arrival)
    case sample(Sample)
    case writes(WritesAudit)
    case answered(view: String, asked: Int64, ControllerAnswer)
    case proberReady(Prober, trial: Int)
    case signal(String)
  }

  /// The scenario of the run.
  package let scenario: Scenario
  /// The fleet of the run.
  package let fleet: Fleet
  /// Where the run is written.
  package let folder: RunFolder
  let origin: Int64
  private let seed: UInt64
  private let observe: (RunProgress) -> Void
  let mailbox: Mailbox<Message>
  var conductor: Conductor
  var links: [String: HostLink] = [:]
  private var trial = 0
  private var prober: Prober?
  var isWatching = false
  var nextLook: [String: Int64] = [:]
  var lastShown: [Look: Int64] = [:]
  /// Views for which the controller awaits an answer.
  var asking: Set<String> = []
  private var wantsProbes = false
  private var ending: Ending?

  /// A run that is yet to be performed.
  ///
  /// - Parameters:
  ///   - catalogue: the faults that its steps may name.
  ///   - folder: a folder made for it.
  ///   - observe: told of everything that enters the journal, and of each sample, on the run's thread.
  package init(
    scenario: Scenario, fleet: Fleet, catalogue: FaultCatalogue, seed: UInt64, folder: RunFolder,
    observe: @escaping (RunProgress) -> Void
  ) throws(SystemError) {
    self.scenario = scenario
    self.fleet = fleet
    self.seed = seed
    self.folder = folder
    self.observe = observe
    origin = Clock.monotonic.now
    mailbox = try Mailbox()
    conductor = Conductor(
      scenario: scenario, fleet: fleet, catalogue: catalogue, tag: folder.tag, seed: seed,
      reachedThrough: JumpHosts.ask(fleet))
    for host in fleet.hosts { links[host.name] = HostLink(host) }
    if conductor.sites.contains(Site.controller.name) {
      links[Site.controller.name] = HostLink(fleet.controller ?? .standard)
    }
  }

  /// Runs it, from the first connection to the last audit.
  ///
  /// - Parameter versions: of the controller's parts, for the journal.
  /// - Throws: where the journal can't be written, after everything was reverted as far as agents could be told; the
  ///   hosts revert the rest by themselves.
  package func perform(versions: [String: String], wall: String) throws -> Ending {
    defer { close() }
    let signals = try catchSignals()
    defer { for signal in signals { signal.cancel() } }
    try write(
      .runBegan(
        RunBegan(
          run: folder.name, wall: wall, seed: seed, scenario: scenario, fleet: fleet,
          digests: try Digests.of(scenario, fleet), versions: versions)))
    try tell(.start)
    while ending == nil {
      try serveLinks()
      try askViews()
      try tell(.tick)
      if ending != nil { break }
      mailbox.wait(nanoseconds: conductor.nextDue(after: now).count - now.count)
      for message in mailbox.take() { try receive(message) }
    }
    return ending ?? .completed
  }

  /// Lets go of all agents; each ends by itself once it holds nothing.
  private func close() {
    for link in links.values {
      link.serving?.connection.finish()
      link.dialing?.connection.cut()
      for retired in link.retired { retired.connection.cut() }
    }
  }

  /// Shows something that isn't part of the journal.
  func remark(_ text: String) { observe(.remark(text)) }

  /// The time since the run began.
  var now: Nanoseconds { Nanoseconds(Clock.monotonic.now - origin) }

  /// Writes an entry, and shows it.
  package func write(_ event: Event) throws {
    let entry = Entry(at: now, trial: trial, event: event)
    try folder.write(entry)
    observe(.entry(entry))
  }

  private func catchSignals() throws -> [any DispatchSourceSignal] {
    let ready = DispatchSemaphore(value: 0)
    let queue = DispatchQueue(label: "signals")
    return [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")].map { number, name in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      let mailbox = mailbox
      source.setEventHandler { mailbox.post(.signal(name)) }
      source.setRegistrationHandler { ready.signal() }
      source.resume()
      // Before the first fault a signal must find somebody who listens.
      ready.wait()
      return source
    }
  }

  func tell(_ occurrence: Occurrence) throws {
    for command in conductor.handle(occurrence, at: now) { try carryOut(command) }
  }

  private func receive(_ message: Message) throws {
    switch message {
    case .sample(let sample):
      try folder.write(sample)
      observe(.sample(sample))
      try tell(.sample(sample))
    case .writes(let audit): try tell(.writes(audit))
    case .answered(let view, let asked, let answer):
      asking.remove(view)
      try receive(answer.belief(fleet.view(view)), of: view, from: nil, asked: asked)
    case .proberReady(let prober, let trial):
      if trial == self.trial, wantsProbes { self.prober = prober } else { prober.stop() }
    case .signal(let name): try tell(.interrupted(signal: name))
    case .arrived(let host, let generation, .line(let line)): try receive(line, of: host, generation)
    case .arrived(let host, _, .printed(let text)): receivePrinted(text, of: host)
    case .arrived(let host, let generation, .ended(let end)): try receiveEnd(end.reason, of: host, generation)
    }
  }

  // MARK: Commands

  private func carryOut(_ command: Command) throws {
    switch command {
    case .record(let event): try write(event)
    case .connect(let host): links[host]?.isWanted = true
    case .watch:
      isWatching = true
      for host in fleet.hosts { try ask(host.name, .watchDomains, .quiet) }
    case .survey(let host):
      try ask(host, .survey(views: fleet.views.map(\.kind)), .survey)
    case .check(let host, let step, let order, let duration):
      try ask(host, .check(order, duration: duration), .check(step: step))
    case .thaw(let host, let leases): try ask(host, .thaw(leases: leases), .quiet)
    case .state(let host, let leases): try ask(host, .state(thawing: leases), .state)
    case .arm(let host, let lease, let order, let begins, let duration):
      try ask(
        host, .arm(lease: lease, order: order, begins: begins, duration: duration), .arm(lease: lease))
    case .inject(let host, let lease): try ask(host, .inject(lease: lease), .inject(lease: lease))
    case .revert(let host, let lease): try ask(host, .revert(lease: lease), .revert(lease: lease))
    case .settle(let host, let lease): try ask(host, .settle(lease: lease), .quiet)
    case .standings(let host):
      try ask(host, .leases, .standings)
      if host != Site.controller.name { try ask(host, .watchDomains, .quiet) }
    case .startProbes(let number): try startProbes(trial: number)
    case .stopProbes:
      wantsProbes = false
      prober?.stop()
      prober = nil
    case .auditWrites(let name): try auditWrites(name)
    case .finish(let ending): self.ending = ending
    }
  }

  func ask(_ host: String, _ request: Request, _ purpose: HostLink.Purpose) throws {
    let serving = links[host]?.serving
    try links[host]?.ask(request, purpose, over: serving?.connection)
  }

  private func startProbes(trial number: Int) throws {
    trial = number
    wantsProbes = true
    let probes = scenario.steady.probes.compactMap { fleet.probe($0) }
    let mailbox = mailbox
    let origin = origin
    // Emptying a log waits for its service, so not here.
    try startThread(named: "start probes") {
      for probe in probes where probe.kind == .append {
        // A service that can't be emptied can't be appended to either: the baseline will tell.
        try? StoredRecords(probe).reset(timeout: .seconds(5))
      }
      do {
        let prober = try Prober(probes, trial: number, origin: origin) { mailbox.post(.sample($0)) }
        mailbox.post(.proberReady(prober, trial: number))
      } catch {
        printToStandardError("murphy: the probes could not be started: \(error)")
      }
    }
  }

  private func auditWrites(_ name: String) throws {
    guard let probe = fleet.probe(name) else { return }
    let mailbox = mailbox
    try startThread(named: "audit \(name)") {
      do {
        let records = try StoredRecords(probe)
        var audit = records.audit(timeout: .seconds(20))
        if audit.unreadable != nil { audit = records.audit(timeout: .seconds(20)) }
        mailbox.post(.writes(audit))
      } catch {
        mailbox.post(.writes(WritesAudit(probe: name, unreadable: "\(error)")))
      }
    }
  }
}

/// What a run tells those who watch it.
package enum RunProgress {
  /// An entry was written.
  case entry(Entry)
  /// A sample was written.
  case sample(Sample)
  /// Something for people that isn't part of the journal.
  case remark(String)
}
