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

/// Performs a run: agents over ssh, probes, views, the journal and the clock.
///
/// A `RunCourse` decides about the trials of a part of the run: all trials, those that were left when the controller was
/// killed, or a single one if settings take turns. Between the parts no agent is connected, so a setup may restart
/// anything. One thread handles events in the order of their arrival, and performs the acts that the course returns.
package final class Run {
  private enum Message: Sendable {
    /// An input for the course of a part; nil for whichever is active.
    case input(RunCourse.Input, part: Int?)
    case proberReady(Prober, trial: Int)
    case setupEnded(SetupCommand.Result)
  }

  /// The beginning of the run, as it is journaled.
  package let began: RunBegan
  /// The folder of the run's files.
  package let folder: RunFolder
  let origin: Int64
  private let catalogue: FaultCatalogue
  private let continuation: RunContinuation?
  private let observe: (RunProgress) -> Void
  private let mailbox: Mailbox<Message>
  /// The fleet of the present trial.
  private var fleet: Fleet
  /// The scenario of the present trial.
  private var scenario: Scenario
  private var course: RunCourse?
  /// The number of the present part.
  private var part = 0
  private var connections: [String: [Int: AgentConnection]] = [:]
  private var trial = 0
  private var prober: Prober?
  /// The receivers of alerts, by view.
  private var receivers: [String: AlertReceiver] = [:]
  /// The views whose configuration was read.
  private var configured: Set<String> = []
  private var wantsProbes = false
  private var ending: Ending?
  /// Whether the last baseline was healthy, so that a further trial may begin.
  private var isWhole = true
  /// The setting of the platform, or the second if it isn't known; nil if no setup was run.
  private var applied: Alternation.Side?
  /// A signal that arrived between the parts.
  private var pendingSignal: String?

  /// A run that has not begun, or was interrupted.
  ///
  /// - Parameters:
  ///   - catalogue: the faults that its steps may name.
  ///   - folder: a folder that was made for it, or that of the interrupted run.
  ///   - continuation: what is known of the interrupted run; nil for a new one.
  ///   - observe: called for each entry of the journal and each sample, on the run's thread.
  package init(
    _ began: RunBegan, catalogue: FaultCatalogue, folder: RunFolder,
    continuing continuation: RunContinuation? = nil,
    observe: @escaping (RunProgress) -> Void
  ) throws(SystemError) {
    self.began = began
    self.catalogue = catalogue
    self.folder = folder
    self.continuation = continuation
    self.observe = observe
    (scenario, fleet) = (began.scenario, began.fleet)
    origin = Clock.monotonic.now - (continuation?.elapsed.count ?? 0)
    mailbox = try Mailbox()
  }

  /// Performs the run, from the first connection to the last audit.
  ///
  /// - Throws: if the journal can't be written. Before that, every fault is reverted on the agents that can be reached;
  ///   the other hosts revert theirs by themselves.
  package func perform() throws -> Ending {
    defer {
      closePart()
      for receiver in receivers.values { receiver.stop() }
    }
    let signals = try catchSignals()
    defer { for signal in signals { signal.cancel() } }
    if let continuation {
      // The interrupted controller may have applied it.
      applied = .b
      try continuation.write { trial, event in
        self.trial = trial
        try write(event)
      }
    } else {
      try write(.runBegan(began))
    }
    var ending = Ending.completed
    for part in TrialPart.all(of: began, from: continuation?.firstTrial ?? 1) {
      if part.isAlone { trial = part.trials.lowerBound }
      ending = try perform(part)
      if ending != .completed || !isWhole { break }
      try awaitClosing()
    }
    closePart()
    return try restoreSetting(after: ending)
  }

  // MARK: Parts

  private func perform(_ part: TrialPart) throws -> Ending {
    if let reason = try prepare(part) { return try abort(reason) }
    let own = began.of(trial: part.trials.lowerBound)
    if own.fleet != fleet {
      for receiver in receivers.values { receiver.stop() }
      receivers = [:]
    }
    (scenario, fleet) = (own.scenario, own.fleet)
    self.part += 1
    ending = nil
    var course = RunCourse(
      scenario: scenario, fleet: fleet, catalogue: catalogue, run: folder.name, tag: part.tag(folder.tag),
      seed: began.seed, part: part, trialsPerTarget: began.alternation == nil ? 1 : Alternation.blockLength,
      reachedThrough: try JumpHosts.ask(fleet), origin: Nanoseconds(origin))
    let acts = course.handle(.start, at: now)
    self.course = course
    for act in acts { try perform(act) }
    while ending == nil, let due = self.course?.nextDue {
      if due <= now { try handle(.tick) }
      if ending != nil { break }
      mailbox.wait(nanoseconds: (self.course?.nextDue ?? due).count - now.count)
      for message in mailbox.take() { try receive(message) }
    }
    return ending ?? .completed
  }

  /// Applies the setting of the part, if settings take turns. Returns why the run must end.
  private func prepare(_ part: TrialPart) throws -> String? {
    if let pendingSignal { return try interrupted(by: pendingSignal) }
    guard let side = began.alternation?.side(of: part.trials.lowerBound) else { return nil }
    return try apply(side)
  }

  private func interrupted(by signal: String) throws -> String {
    try write(.interrupted(signal: signal))
    return "interrupted by \(signal)"
  }

  private func abort(_ reason: String) throws -> Ending {
    try write(.runAborted(reason: reason))
    return .aborted(reason)
  }

  /// Ends the connections and the probes of the present part. Each agent ends by itself when it has no lease left.
  private func closePart() {
    for act in course?.closing() ?? [] { end(act) }
    course = nil
    wantsProbes = false
    prober?.stop()
    prober = nil
  }

  /// How long agents may take to end after a part, before the next one connects.
  private static let closingPatience = Nanoseconds.seconds(5)

  /// Waits for the end of the agents, so that the next part's first connections don't have to take over.
  private func awaitClosing() throws {
    closePart()
    let due = now + Self.closingPatience
    while connections.values.contains(where: { !$0.isEmpty }), now < due {
      mailbox.wait(nanoseconds: due.count - now.count)
      for message in mailbox.take() { try receive(message) }
    }
    connections = [:]
  }

  // MARK: Settings

  /// Switches the platform to a setting. Returns why this failed.
  private func apply(_ side: Alternation.Side) throws -> String? {
    guard let alternation = began.alternation else { return nil }
    let name = alternation.name(of: side)
    guard let command = alternation[side].setup else {
      try write(.settingApplied(SettingApplied(side: side, setting: name)))
      return nil
    }
    remark("\(name): \(command)")
    // If it fails, the platform may have either setting.
    applied = .b
    let start = now
    let mailbox = mailbox
    let setup = SetupCommand(command, setting: alternation[side].label) { mailbox.post(.setupEnded($0)) }
    var result: SetupCommand.Result?
    while result == nil {
      mailbox.wait(nanoseconds: 1_000_000_000)
      for message in mailbox.take() {
        if case .setupEnded(let ended) = message { result = ended } else { try receive(message) }
      }
      if pendingSignal != nil { setup.cancel() }
    }
    if let signal = pendingSignal {
      pendingSignal = nil
      return try interrupted(by: signal)
    }
    if case .failed(let reason) = result { return "the setup of \(name) failed: \(reason)" }
    applied = side
    try write(.settingApplied(SettingApplied(side: side, setting: name, setup: command, took: now - start)))
    return nil
  }

  /// Switches the platform back to the first setting, if it has or may have the second.
  private func restoreSetting(after ending: Ending) throws -> Ending {
    guard applied == .b, began.alternation?.a.setup != nil else { return ending }
    if case .faultsActive = ending {
      remark("the setting of the platform is not restored, since a fault may still be active")
      return ending
    }
    trial = 0
    (pendingSignal, applied) = (nil, nil)
    guard let reason = try apply(.a) else { return ending }
    remark("the platform may not have its first setting: \(reason)")
    return ending == .completed ? try abort(reason) : ending
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
      source.setEventHandler { mailbox.post(.input(.signal(name), part: nil)) }
      source.setRegistrationHandler { ready.signal() }
      source.resume()
      // The handler must be active before the first fault.
      ready.wait()
      return source
    }
  }

  private func receive(_ message: Message) throws {
    switch message {
    case .input(let input, let part):
      let isPresent = part == nil || part == self.part
      switch input {
      case .sample(let sample):
        try folder.write(sample)
        observe(.sample(sample))
      case .connectionEnded(let host, let generation, _) where isPresent:
        connections[host]?[generation] = nil
      case .signal(let name) where course == nil: pendingSignal = name
      default: break
      }
      if isPresent { try handle(input) }
    case .proberReady(let prober, let trial):
      if trial == self.trial, wantsProbes { self.prober = prober } else { prober.stop() }
    case .setupEnded: break
    }
  }

  // MARK: Acts

  private func handle(_ input: RunCourse.Input) throws {
    for act in course?.handle(input, at: now) ?? [] { try perform(act) }
  }

  private func perform(_ act: RunCourse.Act) throws {
    switch act {
    case .record(let event):
      if case .baseline(let reasons, _) = event { isWhole = reasons.isEmpty }
      try write(event)
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
    let part = part
    let name = host.name
    do {
      let deliver: @Sendable (AgentConnection.Arrival) -> Void = { arrival in
        let input: RunCourse.Input =
          switch arrival {
          case .line(let line): .line(host: name, generation: generation, line)
          case .printed(let text): .printed(host: name, text)
          case .ended(let end): .connectionEnded(host: name, generation: generation, end.reason)
          }
        mailbox.post(.input(input, part: part))
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
      mailbox.post(.input(.connectionEnded(host: name, generation: generation, "\(error)"), part: part))
    }
  }

  private func startProbes(trial number: Int) throws {
    trial = number
    wantsProbes = true
    let probes = scenario.steady.probes.compactMap { fleet.probe($0) }
    let mailbox = mailbox
    let part = part
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
        let prober = try Prober(ready, trial: number, origin: origin) {
          mailbox.post(.input(.sample($0), part: part))
        }
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
    let part = part
    let owner = recordOwner
    try startThread(named: "audit \(name)") {
      let read: RecordsRead
      do throws(ProbeRefused) {
        read = try StoredRecords(probe).read(of: owner, timeout: .seconds(20))
      } catch {
        read = RecordsRead(.service, unreadable: "\(error)")
      }
      mailbox.post(.input(.records(probe: name, read), part: part))
    }
  }

  /// Queries a view on a separate thread: a resolver or a program may take long.
  private func ask(_ view: Fleet.View, asked: Nanoseconds) throws {
    let mailbox = mailbox
    let part = part
    if configured.insert(view.name).inserted, let url = view.kind.configurationURL {
      try startThread(named: "configuration of \(view.name)") {
        // Without an answer nothing is predicted.
        guard case .body(let text, _) = HTTPAnswer.get(url, timeout: .seconds(5)) else { return }
        mailbox.post(.input(.configured(view.kind.fingerprint([ViewAnswer(text)])), part: part))
      }
    }
    if case .delivery(let channel)? = try? view.kind.question() {
      return try showDelivered(view.name, by: channel, asked: asked)
    }
    try startThread(named: "ask \(view.name)") {
      let result: LookResult
      do throws(ViewRefused) {
        result = try LookResult(asking: view.kind) ?? .failed("\(view.kind.kind) is queried on hosts only")
      } catch {
        result = .failed("\(error)")
      }
      mailbox.post(.input(.answered(view: view.name, asked: asked, result), part: part))
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
        mailbox.post(.input(.answered(view: view, asked: now, result), part: nil))
      }
      return
    }
    if let result = receiver.result {
      mailbox.post(.input(.answered(view: view, asked: asked, result), part: nil))
    }
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
