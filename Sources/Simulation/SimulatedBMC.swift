import Scenario

/// A host's board management controller: it works while its host does not, carries out what it has accepted though the
/// process that asked has died, and may answer late or not at all.
final class SimulatedBMC {
  /// A change of power.
  enum Request: String { case off, on, cycle, reset }

  /// Its answer to a query.
  enum Answer {
    case power(isOn: Bool)
    /// It refuses, or doesn't answer: in its own words.
    case none(String)
  }

  unowned let host: SimulatedHost
  let address: String
  /// The power that it shows.
  private(set) var isOn = true
  /// Whether it will switch the power on by itself: the second half of a cycle.
  private(set) var isCycling = false
  /// Why it refuses every request; nil if it doesn't.
  var refusal: String? { didSet { answersChanged() } }
  /// Whether it answers nothing.
  var isSilent = false { didSet { answersChanged() } }
  /// Whether it accepts changes and carries out none.
  var ignoresChanges = false
  /// Since when it answers.
  private(set) var answersSince = Nanoseconds.zero
  /// Whether there was a time in which it didn't answer.
  private(set) var hasFailed = false
  private var lastAct = Nanoseconds.zero

  private var simulation: Simulation { host.simulation }

  /// How long ipmitool waits for an answer, and how often it asks for the power.
  private static let patience = Nanoseconds.seconds(3)
  private static let attempts = 3

  init(of host: SimulatedHost, address: String) {
    self.host = host
    self.address = address
  }

  /// Whether it answers.
  var answers: Bool { refusal == nil && !isSilent && host.hasMains }

  /// Whether it answers is not what it was.
  func answersChanged() { if answers { answersSince = simulation.now } else { hasFailed = true } }

  /// Why its host's power can't be cut, after an answer; nil where it can.
  func obstacle(by answer: Answer) -> String? {
    switch answer {
    case .none(let reason): reason
    case .power(isOn: false): "\(host.name) has no power, as its BMC \(address) shows"
    case .power(isOn: true): nil
    }
  }

  // MARK: Requests

  /// Has a process query the power.
  func query(by process: SimulatedProcess, attempt: Int = 1, then: @escaping (Answer) -> Void) {
    if let refusal {
      return process.after(.milliseconds(simulation.number(in: 40...400))) { then(.none(refusal)) }
    }
    guard answers else {
      simulation.count(.bmcSilent)
      return process.after(Self.patience) { [self] in
        if attempt < Self.attempts { return query(by: process, attempt: attempt + 1, then: then) }
        then(.none("BMC \(address): no answer"))
      }
    }
    process.after(.milliseconds(simulation.number(in: 40...400))) { [self] in then(.power(isOn: isOn)) }
  }

  /// Has a process request a change; `then` gets why it was not accepted, if it wasn't.
  ///
  /// - Parameter done: called when it is carried out, also if the process has ended.
  func send(
    _ request: Request, by process: SimulatedProcess, done: @escaping () -> Void,
    then: @escaping (_ failure: String?) -> Void
  ) {
    guard answers else {
      simulation.count(.bmcSilent)
      return process.after(Self.patience) { [self] in then("BMC \(address): no answer") }
    }
    accept(request, done)
    process.after(.milliseconds(simulation.number(in: 40...400))) { then(nil) }
  }

  private func accept(_ request: Request, _ done: @escaping () -> Void) {
    var span = Nanoseconds.milliseconds(simulation.number(in: 10...1500))
    // A change that fails halfway does so before its reply. No process would restore a failure after the lease's end.
    let isHalved = request == .cycle && simulation.adversary.halvesCycle(of: host)
    if isHalved {
      span = .milliseconds(1)
    } else if let hang = simulation.adversary.hangsBMC() {
      // It answers nothing until it has acted.
      simulation.count(.hung)
      simulation.note("\(host.name)'s BMC hangs for \(hang.span.inSeconds) s")
      span = hang.actsAtOnce ? .milliseconds(2) : hang.span
      isSilent = true
      simulation.after(hang.span + .milliseconds(1)) { [self] in isSilent = false }
    }
    // One after the other, as they came.
    lastAct = max(simulation.now + span, lastAct + Nanoseconds(1))
    simulation.at(lastAct) { [self] in
      if ignoresChanges { return simulation.note("\(host.name)'s BMC ignores '\(request.rawValue)'") }
      carryOut(isHalved ? .off : request)
      done()
    }
  }

  // MARK: Power

  private func carryOut(_ request: Request) {
    simulation.note("\(host.name)'s BMC: \(request.rawValue)")
    switch request {
    case .off: cut()
    case .on: restore()
    case .cycle:
      cut()
      isCycling = true
      simulation.after(.milliseconds(simulation.number(in: 1000...5000))) { [self] in
        isCycling = false
        restore()
      }
    case .reset where isOn:
      host.stopRunning()
      host.boot()
    case .reset: break
    }
  }

  /// A person presses the power button.
  func switchOnByHand() { restore() }
  func switchOffByHand() {
    cut()
    isOffByHand = !isOn
  }

  /// Whether a person has switched it off.
  private(set) var isOffByHand = false

  private func cut() {
    guard isOn else { return }
    isOn = false
    host.stopRunning()
  }

  private func restore() {
    if isOn { return }
    isOn = true
    isOffByHand = false
    host.boot()
  }
}

/// What a lease asks of a host's BMC.
struct PowerChange {
  var bmc: SimulatedBMC
  var request: SimulatedBMC.Request

  /// Whether the host has no power until the lease's end; else it reboots.
  var isHeld: Bool { request == .off }

  /// Whether the fault is active, by the power that the BMC shows: a reboot is, once it was accepted.
  func isActive(whileOn isOn: Bool) -> Bool { isHeld ? !isOn : true }
}
