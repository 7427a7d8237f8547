import Scenario

/// A process on a simulated host: it can be killed, stopped and continued between any two of its acts.
class SimulatedProcess {
  unowned let host: SimulatedHost
  private(set) var isAlive = true
  private(set) var isStopped = false
  /// Since when it runs without a stop.
  private(set) var runsSince: Nanoseconds
  private(set) var diedAt: Nanoseconds?
  private var backlog: [() -> Void] = []
  /// Called at its end, for any cause.
  var mourners: [() -> Void] = []

  var simulation: Simulation { host.simulation }

  init(on host: SimulatedHost) {
    self.host = host
    runsSince = host.simulation.now
    host.simulation.processes.append(self)
  }

  /// Performs an act in this process: now, or when it continues; never if it has died.
  func enter(_ act: @escaping () -> Void) {
    if isStopped { backlog.append(act) } else if isAlive { act() }
  }

  /// Performs an act in this process after a delay.
  func after(_ span: Nanoseconds, _ act: @escaping () -> Void) {
    simulation.after(span) { self.enter(act) }
  }

  /// Ends the process.
  func end() {
    guard isAlive else { return }
    isAlive = false
    isStopped = false
    diedAt = simulation.now
    backlog = []
    for mourner in mourners { simulation.after(.milliseconds(1), mourner) }
    mourners = []
  }

  /// Stops the process (SIGSTOP) for some time.
  func stop(for span: Nanoseconds) {
    guard isAlive, !isStopped else { return }
    isStopped = true
    host.isTroubled = true
    simulation.after(span) { [self] in resume() }
  }

  /// Continues the process (SIGCONT).
  func resume() {
    guard isAlive, isStopped else { return }
    isStopped = false
    runsSince = simulation.now
    let waiting = backlog
    backlog = []
    for act in waiting { enter(act) }
  }
}
