import AgentProtocol
import Runner
import Scenario

/// An ssh connection to a host's agent: the data that is sent, with the delays and losses of the weather and the path. The
/// agent at the controller has a pipe, which has no weather.
final class Wire {
  let generation: Int
  let host: SimulatedHost
  private let boot: String
  private weak var session: AgentSession?
  /// Requests that wait for ssh to be connected.
  private var waiting: [RequestLine]? = []
  private var lastToAgent = Nanoseconds.zero
  private var lastToController = Nanoseconds.zero
  private var isInputOver = false
  private var simulation: Simulation { host.simulation }

  init(to host: SimulatedHost, generation: Int) {
    self.host = host
    self.generation = generation
    boot = host.boot
  }

  /// ssh has connected and has started the agent.
  func open() {
    if isInputOver { return }
    let session = AgentSession(on: host, over: self)
    self.session = session
    let lines = waiting ?? []
    waiting = nil
    for line in lines { send(line) }
  }

  /// TCP and ssh guarantee the hello and its welcome: they are neither lost nor doubled.
  func send(_ line: RequestLine) {
    if isInputOver { return }
    if waiting != nil {
      waiting?.append(line)
      return
    }
    if host.losesRequest(line.request) { return }
    let isEssential = if case .hello = line.request { true } else { false }
    send(&lastToAgent, isEssential) { [self] in
      guard let session else { return }
      session.enter { session.answer(line) }
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

  func send(_ line: AgentLine) {
    if host.losesLine(line) { return }
    let isEssential = if case .reply(_, .welcome) = line { true } else { false }
    send(&lastToController, isEssential) { [self] in
      simulation.controller.post(.line(host: host.name, generation: generation, line))
    }
  }

  /// Reports the agent's end to the controller.
  func sessionEnded() { send(&lastToController, true) { [self] in ended() } }

  /// The ssh process at the controller has ended.
  func ended() {
    simulation.controller.post(.connectionEnded(host: host.name, generation: generation, "ssh ended"))
  }

  /// The sshd on the host is killed, or gives up on a silent path. The agent's stdin ends immediately, and the
  /// controller is notified as soon as the path permits.
  func endAtHost() {
    isInputOver = true
    if let session { session.enter { session.inputEnded() } }
    sessionEnded()
  }

  /// The ssh process at the controller is killed.
  func kill() {
    endInput()
    ended()
  }

  private func send(_ last: inout Nanoseconds, _ isEssential: Bool, _ act: @escaping () -> Void) {
    if host.isController {
      last = max(last, simulation.now + Nanoseconds(simulation.number(in: 20_000...500_000)))
      return simulation.at(last) { [self] in arrive(act) }
    }
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
    // Messages to or from an earlier boot are lost.
    guard host.isUp, host.boot == boot else { return }
    if host.isCut { return host.hold { [self] in arrive(act) } }
    if simulation.now < host.delivering { return simulation.at(host.delivering) { [self] in arrive(act) } }
    act()
  }
}
