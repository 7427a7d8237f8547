import Leases
import Journal
import AgentProtocol
import Scenario

/// What the controller asks of an agent.
enum WireRequest {
  case hello
  case clock
  case survey
  case check(step: String, FaultSpec)
  case state
  case look
  case leases
  case arm(lease: String, FaultSpec, begins: Nanoseconds, duration: Nanoseconds)
  case inject(lease: String)
  case revert(lease: String)
  case settle(lease: String)
}

/// What an agent answers, or tells unasked.
enum WireAnswer {
  struct Standing {
    var lease: String
    var boot: String
    var effect: Effect?
    var ended: EarlyEnd?
    var revert: Revert?
  }

  case welcome(boot: String)
  case clock(Nanoseconds)
  case survey(running: [String])
  case checked(cutsControlPath: Bool, missing: [String])
  case state(HostState)
  case looked
  case leases([Standing])
  case armed
  case effective(Effect)
  case reverted(Revert)
  case done
  case refusal(String)
}

enum WireNotice {
  case reverted(lease: String, Revert)
  case ended(lease: String, EarlyEnd)
  case stuck(lease: String)
}

/// An ssh connection to a host's agent: what is sent into it, and what the weather and the path make of that.
final class Wire {
  let generation: Int
  let host: SimulatedHost
  private let boot: String
  weak var session: AgentSession?
  private var lastToAgent = Nanoseconds.zero
  private var lastToController = Nanoseconds.zero
  private var isInputOver = false
  private var simulation: Simulation { host.simulation }

  init(to host: SimulatedHost, generation: Int) {
    self.host = host
    self.generation = generation
    boot = host.boot
  }

  /// - Parameter isEssential: what TCP and ssh themselves see to is neither lost nor doubled.
  func request(_ id: Int, _ request: WireRequest, isEssential: Bool = false) {
    if isInputOver { return }
    send(&lastToAgent, isEssential) { [self] in
      guard let session else { return }
      session.enter { session.answer(id, request) }
    }
  }

  /// The end of the agent's stdin.
  func endInput() {
    if isInputOver { return }
    isInputOver = true
    send(&lastToAgent, true) { [self] in
      guard let session else { return }
      session.enter { session.inputEnded() }
    }
  }

  func reply(_ id: Int, _ answer: WireAnswer, isEssential: Bool = false) {
    send(&lastToController, isEssential) { [self] in
      simulation.controller.post { $0.receive(id, answer, from: self) }
    }
  }

  func notify(_ notice: WireNotice) {
    send(&lastToController, false) { [self] in
      simulation.controller.post { $0.receive(notice, from: self) }
    }
  }

  /// The agent's end, as the controller hears of it.
  func sessionEnded() {
    send(&lastToController, true) { [self] in
      simulation.controller.post { $0.receiveEnd(of: self) }
    }
  }

  /// The sshd at the host is killed, or has had enough of a silent path: the agent's stdin ends at once, and the
  /// controller hears of it once the path lets it.
  func endAtHost() {
    isInputOver = true
    if let session { session.enter { session.inputEnded() } }
    sessionEnded()
  }

  /// The ssh process at the controller is killed.
  func kill() {
    endInput()
    simulation.controller.post { $0.receiveEnd(of: self) }
  }

  private func send(_ last: inout Nanoseconds, _ isEssential: Bool, _ act: @escaping () -> Void) {
    let weather = simulation.weather
    if !isEssential, simulation.chance(weather.lost) {
      simulation.count(.messageLost)
      return
    }
    let copies = !isEssential && simulation.chance(weather.doubled) ? 2 : 1
    if copies == 2 { simulation.count(.messageDoubled) }
    for _ in 0..<copies {
      let arrival = simulation.now + Nanoseconds(simulation.number(in: 200_000...weather.delay * 1_000_000))
      if weather.reorders, !isEssential {
        if arrival < last { simulation.count(.messageOvertook) }
        last = max(last, arrival)
        simulation.at(arrival) { [self] in arrive(act) }
      } else {
        last = max(last, arrival)
        simulation.at(last) { [self] in arrive(act) }
      }
    }
  }

  private func arrive(_ act: @escaping () -> Void) {
    // What was on its way to or from a boot that is over comes to nobody.
    guard host.isUp, host.boot == boot else { return }
    if host.isCut { return host.hold { [self] in arrive(act) } }
    act()
  }
}
