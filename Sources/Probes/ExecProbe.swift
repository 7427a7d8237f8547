import Linux
import Scenario

/// A command whose exit code is the result, like a Nagios plugin: 0 ok, 1 warning, 2 critical, every other code
/// unknown. See https://nagios-plugins.org/doc/guidelines.html.
struct ExecProbe: ProbeKind {
  let description = ProbeDescription(
    key: .exec,
    summary:
      "a program and its arguments; exit code 0 is ok, 1 a warning, 2 critical, every other code unknown",
    target: .words)

  /// The maximum number of runs of one probe at the same time. Each ends at its timeout.
  private static let mostRuns: Int64 = 16

  func problem(_ probe: Fleet.Probe) -> String? {
    guard let program = probe.texts("exec").first, !program.isEmpty else {
      return "expected a list of a program and its arguments"
    }
    if program.contains("/"), !program.hasPrefix("/") {
      return "'\(program)' must be a program's name, or its whole path"
    }
    if probe.timeout.count > probe.every.count * Self.mostRuns {
      return
        "the timeout (\(probe.timeout)) must be at most \(Self.mostRuns) times the interval (\(probe.every)): "
        + "this is the maximum number of runs at the same time"
    }
    return nil
  }

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    if let problem = problem(probe) { throw ProbeRefused(probe, problem) }
    return ExecService(probe.texts("exec"))
  }
}

extension Fleet.Probe.Kind {
  static let exec = Self(rawValue: "exec")
}

private final class ExecService: ProbedService {
  private let command: [String]
  init(_ command: [String]) { self.command = command }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    let child = try ChildProcess(command)
    try events.watch(child.end, as: request.token)
    return ExecAttempt(child, deadline: request.deadline)
  }
}

private final class ExecAttempt: Attempt {
  let deadline: Int64
  private let child: ChildProcess

  init(_ child: ChildProcess, deadline: Int64) {
    self.child = child
    self.deadline = deadline
  }

  func advance(_ flags: EventFlags, unreadySince looked: Int64) -> AttemptResult? {
    let end: ProcessEnd
    do throws(SystemError) {
      guard let known = try child.wait(within: .zero) else { return nil }
      end = known
    } catch {
      return .unknown("errno \(error.errno)")
    }
    switch end {
    case .exited(0): return .ok("ok")
    // A program has separate timeouts, which a busy machine exceeds.
    case .exited(1): return .missing("warning")
    case .exited(2): return .missing("critical")
    case .exited(3): return .unknown("unknown")
    case .exited(let code): return .unknown("exit-\(code)")
    case .signalled(let number): return .unknown("signal-\(number)")
    }
  }

  /// Kills the run's process group. The prober must not wait for it, so a later start reaps it.
  func end() {
    child.strike()
    child.detach()
  }
}
