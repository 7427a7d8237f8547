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

/// Performs a `RunCourse`: agents over ssh, probes, views, the journal and the clock.
///
/// One thread handles events in the order of their arrival, and performs the acts that the course returns. `perform`
/// returns when the run has ended.
package final class Run {
  private enum Message: Sendable {
    case input(RunCourse.Input)
    case proberReady(Prober, trial: Int)
  }

  /// The scenario of the run.
  package let scenario: Scenario
  /// The fleet of the run.
  package let fleet: Fleet
  /// The folder of the run's files.
  package let folder: RunFolder
  let origin: Int64
  private let seed: UInt64
  private let observe: (RunProgress) -> Void
  private let mailbox: Mailbox<Message>
  private var course: RunCourse
  private var connections: [String: [Int: AgentConnection]] = [:]
  private var trial = 0
  private var prober: Prober?
  /// The receivers of alerts, by view.
  private var receivers: [String: AlertReceiver] = [:]
  private var wantsProbes = false
  private var ending: Ending?

  /// A run that has not begun.
  ///
  /// - Parameters:
  ///   - catalogue: the faults that its steps may name.
  ///   - folder: a folder that was made for it.
  ///   - observe: called for each entry of the journal and each sample, on the run's thread.
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
    course = RunCourse(
      scenario: scenario, fleet: fleet, catalogue: catalogue, run: folder.name, tag: folder.tag, seed: seed,
      reachedThrough: JumpHosts.ask(fleet), origin: Nanoseconds(origin))
  }

  /// Performs the run, from the first connection to the last audit.
  ///
  /// - Parameter versions: the versions of the controller's parts, for the journal.
  /// - Throws: if the journal can't be written. Before that, every fault is reverted on the agents that can be reached;
  ///   the other hosts revert theirs by themselves.
  package func perform(versions: [String: String], wall: String) throws -> Ending {
    defer {
      for act in course.closing() { end(act) }
      for receiver in receivers.values { receiver.stop() }
    }
    let signals = try catchSignals()
    defer { for signal in signals { signal.cancel() } }
    try write(
      .runBegan(
        RunBegan(
          run: folder.name, wall: wall, seed: seed, scenario: scenario, fleet: fleet,
          digests: try Digests.of(scenario, fleet), versions: versions)))
    try handle(.start)
    while ending == nil {
      if course.nextDue <= now { try handle(.tick) }
      if ending != nil { break }
      mailbox.wait(nanoseconds: course.nextDue.count - now.count)
      for message in mailbox.take() { try receive(message) }
    }
    return ending ?? .completed
  }

  /// Shows a text that isn't part of the journal.
  func remark(_ text: String) { observe(.remark(text)) }

  /// The time since the run began.
  private var now: Nanoseconds { Nanoseconds(Clock.monotonic.now - origin) }

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
      source.setEventHandler { mailbox.post(.input(.signal(name))) }
      source.setRegistrationHandler { ready.signal() }
      source.resume()
      // The handler must be active before the first fault.
      ready.wait()
      return source
    }
  }

  private func receive(_ message: Message) throws {
    switch message {
    case .input(let input):
      switch input {
      case .sample(let sample):
        try folder.write(sample)
        observe(.sample(sample))
      case .connectionEnded(let host, let generation, _): connections[host]?[generation] = nil
      default: break
      }
      try handle(input)
    case .proberReady(let prober, let trial):
      if trial == self.trial, wantsProbes { self.prober = prober } else { prober.stop() }
    }
  }

  // MARK: Acts

  private func handle(_ input: RunCourse.Input) throws {
    for act in course.handle(input, at: now) { try perform(act) }
  }

  private func perform(_ act: RunCourse.Act) throws {
    switch act {
    case .record(let event): try write(event)
    case .dial(let host, let generation, let firstTook): dial(host, generation, firstTook)
    case .send(let host, let generation, let line): try connections[host]?[generation]?.send(line)
    case .endInput, .cut: end(act)
    case .startProbes(let number): try startProbes(trial: number)
    case .stopProbes:
      wantsProbes = false
      prober?.stop()
      prober = nil
    case .auditWrites(let name): try auditWrites(name)
    case .ask(let view, let asked): try ask(view, asked: asked)
    case .interpret(let result, let view, let host, let asked):
      if let belief = result.belief(fleet.view(view)) {
        try handle(.belief(belief, view: view, from: host, asked: asked))
      }
    case .remark(let text): remark(text)
    case .finish(let ending): self.ending = ending
    }
  }

  private func end(_ act: RunCourse.Act) {
    switch act {
    case .endInput(let host, let generation): connections[host]?[generation]?.finish()
    case .cut(let host, let generation): connections[host]?[generation]?.cut()
    default: break
    }
  }

  private func dial(_ host: Fleet.Host, _ generation: Int, _ firstTook: Nanoseconds?) {
    let mailbox = mailbox
    let name = host.name
    do {
      let deliver: @Sendable (AgentConnection.Arrival) -> Void = { arrival in
        let input: RunCourse.Input =
          switch arrival {
          case .line(let line): .line(host: name, generation: generation, line)
          case .printed(let text): .printed(host: name, text)
          case .ended(let end): .connectionEnded(host: name, generation: generation, end.reason)
          }
        mailbox.post(.input(input))
      }
      connections[name, default: [:]][generation] =
        if name == Site.controller.name {
          try AgentConnection(toController: fleet.controller ?? .standard, deliver: deliver)
        } else {
          try AgentConnection(
            to: host, configuration: fleet.sshConfig,
            patience: firstTook.map { .again(first: $0.count) } ?? .first, deliver: deliver)
        }
    } catch {
      mailbox.post(.input(.connectionEnded(host: name, generation: generation, "\(error)")))
    }
  }

  private func startProbes(trial number: Int) throws {
    trial = number
    wantsProbes = true
    let probes = scenario.steady.probes.compactMap { fleet.probe($0) }
    let mailbox = mailbox
    let origin = origin
    let owner = recordOwner
    // Emptying a log waits for its service, so another thread does it.
    try startThread(named: "start probes") {
      let ready = probes.filter { probe in
        guard probe.kind == .append else { return true }
        do {
          try StoredRecords(probe).empty(for: owner, timeout: .seconds(5))
          return true
        } catch {
          // Without samples the baseline is not healthy. The log may still be emptied later, so the probe must not
          // write records.
          printToStandardError(
            "murphy: \(probe.name) is not started, since its log could not be emptied: \(error)")
          return false
        }
      }
      do {
        let prober = try Prober(ready, trial: number, origin: origin) { mailbox.post(.input(.sample($0))) }
        mailbox.post(.proberReady(prober, trial: number))
      } catch {
        printToStandardError("murphy: the probes could not be started: \(error)")
      }
    }
  }

  /// The owner of the records of this trial.
  private var recordOwner: String { RunCourse.recordOwner(run: folder.name, trial: trial) }

  /// Reads a probe's records, by its service.
  private func auditWrites(_ name: String) throws {
    guard let probe = fleet.probe(name) else { return }
    let mailbox = mailbox
    let owner = recordOwner
    try startThread(named: "audit \(name)") {
      let read: RecordsRead
      do throws(ProbeRefused) {
        read = try StoredRecords(probe).read(of: owner, timeout: .seconds(20))
      } catch {
        read = RecordsRead(.service, unreadable: "\(error)")
      }
      mailbox.post(.input(.records(probe: name, read)))
    }
  }

  /// Queries a view on a separate thread: a resolver or a program may take long.
  private func ask(_ view: Fleet.View, asked: Nanoseconds) throws {
    let mailbox = mailbox
    if case .delivery(let channel)? = try? view.kind.question() {
      return try showDelivered(view.name, by: channel, asked: asked)
    }
    try startThread(named: "ask \(view.name)") {
      let result: LookResult
      do throws(ViewRefused) {
        result = try LookResult(asking: view.kind) ?? .failed("only hosts can be asked for \(view.kind.kind)")
      } catch {
        result = .failed("\(error)")
      }
      mailbox.post(.input(.answered(view: view.name, asked: asked, result)))
    }
  }
}

extension Run {
  /// Shows the notifications that a channel of alerts has delivered, after its canary. A notification is shown when it
  /// arrives.
  private func showDelivered(_ view: String, by channel: AlertChannel, asked: Nanoseconds) throws {
    let mailbox = mailbox
    let origin = origin
    guard let receiver = receivers[view] else {
      receivers[view] = try AlertReceiver(channel, run: folder.name) { result in
        let now = Nanoseconds(Clock.monotonic.now - origin)
        mailbox.post(.input(.answered(view: view, asked: now, result)))
      }
      return
    }
    if let result = receiver.result { mailbox.post(.input(.answered(view: view, asked: asked, result))) }
  }
}

/// The reports of a run to its observer.
package enum RunProgress {
  /// An entry was written.
  case entry(Entry)
  /// A sample was written.
  case sample(Sample)
  /// A text for display that isn't part of the journal.
  case remark(String)
}
