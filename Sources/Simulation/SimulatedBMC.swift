import Scenario

/// A host's board management controller. It works while its host is off. It executes an accepted request even if the
/// process that sent it has died. It may answer late or never.
final class SimulatedBMC {
  /// A change of power.
  enum Request: String { case off, on, cycle, reset }

  /// Its answer to a query.
  enum Answer {
    case power(isOn: Bool)
    /// It refuses the request with these words, or doesn't answer.
    case none(String)
  }

  unowned let host: SimulatedHost
  let address: String
  /// The power that it shows.
  private(set) var isOn = true
  /// Whether it will switch the power on by itself, as the second half of a cycle.
  private(set) var isCycling = false
  /// The reason why it refuses every request. Nil if it doesn't.
  var refusal: String? { didSet { answersChanged() } }
  /// Whether it answers no request.
  var isSilent = false { didSet { answersChanged() } }
  /// Whether it has accepted a change, and answers no request until it has executed it.
  private var isHanging = false { didSet { answersChanged() } }
  /// Whether it accepts changes but doesn't execute them.
  var ignoresChanges = false
  /// The time since which it answers.
  private(set) var answersSince = Nanoseconds.zero
  /// Whether it failed to answer at any time.
  private(set) var hasFailed = false
  private var lastAct = Nanoseconds.zero

  private var simulation: Simulation { host.simulation }

  /// The time limit of ipmitool, and the interval of its queries for the power.
  private static let patience = Nanoseconds.seconds(3)
  private static let attempts = 3

  init(of host: SimulatedHost, address: String) {
    self.host = host
    self.address = address
  }

  /// Whether it answers.
  var answers: Bool { refusal == nil && !isSilent && !isHanging && host.hasMains }

  /// Records that the BMC begins or ceases to answer.
  func answersChanged() { if answers { answersSince = simulation.now } else { hasFailed = true } }

  /// The reason why its host's power can't be cut, after an answer. Nil if it can.
  func obstacle(by answer: Answer) -> String? {
    switch answer {
    case .none(let reason): reason
    case .power(isOn: false):
      "\(host.name) has no power according to its BMC \(address): no power could be cut"
    case .power(isOn: true): nil
    }
  }

  // MARK: Requests

  /// Makes a process query the power.
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

  /// Makes a process request a change. `then` gets the reason if the request was not accepted.
  ///
  /// - Parameter done: called when the change is executed, even if the process has ended.
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
    // A change that fails must fail before its reply, since no process would restore the power after the lease's end.
    let isHalved = request == .cycle && simulation.adversary.halvesCycle(of: host)
    if isHalved {
      span = .milliseconds(1)
    } else if let hang = simulation.adversary.hangsBMC() {
      simulation.count(.hung)
      simulation.note("\(host.name)'s BMC hangs for \(hang.span.inSeconds) s")
      span = hang.actsAtOnce ? .milliseconds(2) : hang.span
      isHanging = true
      simulation.after(hang.span + .milliseconds(1)) { [self] in isHanging = false }
    }
    // Requests are executed in the order in which they arrived.
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
        simulation.controllerSite?.switchedOn(self)
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

  /// Whether a person has switched the power off.
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

/// The request of a lease to a host's BMC.
struct PowerChange {
  var bmc: SimulatedBMC
  var request: SimulatedBMC.Request

  /// Whether the host has no power until the lease's end. If not, the host reboots.
  var isHeld: Bool { request == .off }

  /// Whether the fault is active, by the power that the BMC shows. A reboot is active once it was accepted.
  func isActive(whileOn isOn: Bool) -> Bool { isHeld ? !isOn : true }
}
