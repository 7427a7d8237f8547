import Scenario

/// What a run would do, for display and for scripts.
package struct PlanSheet: Codable, Equatable, Sendable {
  package var scenario: String
  package var title: String
  /// The seed of the choices that the scenario leaves open. A run with this seed makes the same choices.
  package var seed: UInt64
  package var hosts = Hosts(taken: 0, left: 0, quorum: 0)
  /// The same of the second of two settings that take turns; nil if it is equal.
  package var hostsOfB: Hosts?
  package var time = Time(atLeast: .zero, atMost: .zero)
  /// When the faults begin, if the seed decides it; nil if they begin at the same time in every trial.
  package var moment: Moment?
  /// The steps, one for each host of a step.
  package var steps: [Step] = []
  /// Warnings of hosts, and the output of their login shells. None of these refuses a run.
  package var warnings: [String] = []
  /// Why a run would be refused now; empty if it would begin.
  package var refusals: [String] = []
  /// What the trials can show in a comparison, a line each.
  package var shows: [String] = []

  /// Hosts that are taken down at once.
  package struct Hosts: Codable, Equatable, Sendable {
    /// The maximum number that is down at once.
    package var taken: Int
    /// The minimum number that remains.
    package var left: Int
    /// The required number.
    package var quorum: Int
  }

  /// The time from the start of a trial to the start of its timeline.
  package struct Moment: Codable, Equatable, Sendable {
    package var atLeast: Nanoseconds
    package var atMost: Nanoseconds
    /// By trial, as the seed draws it.
    package var drawn: [Nanoseconds]
  }

  /// The duration of a run, all trials together.
  package struct Time: Codable, Equatable, Sendable {
    /// If the platform recovers immediately.
    package var atLeast: Nanoseconds
    /// If every wait for recovery ends at its cap.
    package var atMost: Nanoseconds
  }

  /// A fault on a host.
  package struct Step: Codable, Equatable, Sendable {
    /// The setting whose trials have it; nil if all have it.
    package var side: String?
    package var step: String
    package var fault: String
    package var host: String
    /// How the host was chosen.
    package var chosen: String
    /// The hosts that it takes, if they differ from the host of the injection.
    package var target: String?
    package var object: String
    package var begins: String
    /// The time after which the host itself reverts it; nil if nothing is reverted.
    package var holds: Nanoseconds?
    /// Whether it happens at once.
    package var isInstant: Bool
    /// For display: how it is reverted, what repairs its damage, or which damage stays.
    package var undoing: String
    /// How it ends: restored, restarted, or damage stays.
    package var reversal: Reversal
    /// What happens to the fault if all of Murphy's processes on the host end; nil if nothing is reverted.
    package var withoutMurphy: String?
    /// Whether it cuts the control path to the host; nil if the host did not answer.
    package var cutsControlPath: Bool?
    /// Hosts that ssh reaches through this one. They are also out of reach while the fault is active.
    package var behind: [String] = []
    /// What the host lacks or doesn't allow.
    package var missing: [String] = []
  }
}

extension PlanSheet.Step {
  /// For display: whether Murphy reaches the host while the fault is active.
  fileprivate var control: String {
    let isReverted = reversal == .restore
    return switch cutsControlPath {
    case true?:
      "cut: Murphy can't reach \(host) meanwhile"
        + (isReverted ? "; \(host) reverts the fault itself at its deadline" : "")
    case false?:
      "stays: Murphy still reaches \(host)"
        + (isReverted ? "; the fault is also reverted if the connection ends" : "")
    case nil: "not known: \(host) did not answer"
    }
  }
}

extension PlanSheet.Hosts: CustomStringConvertible {
  /// For display.
  package var description: String {
    "\(taken == 0 ? "none" : "at most \(taken)") down at once, \(left) up, quorum \(quorum)"
  }
}

extension PlanSheet: CustomStringConvertible {
  /// The output of `murphy plan`.
  package var description: String {
    var lines = ["\(scenario): \(title)", ""]
    for step in steps {
      lines.append(
        (step.side.map { "\($0), " } ?? "")
          + "\(step.step): \(step.fault) on \(step.host), \(step.begins), "
          + ((step.isInstant ? nil : step.holds).map { "for \($0)" } ?? "at once"))
      lines.append("  target   \(step.target ?? step.host): \(step.chosen)")
      lines.append("  cuts     \(step.object)")
      lines.append("  control  \(step.control)")
      if !step.behind.isEmpty {
        let hosts = step.behind.joined(separator: ", ")
        lines.append(
          "  behind   \(hosts): reached through \(step.host), so perhaps unreachable meanwhile; not counted as down"
        )
      }
      switch step.reversal {
      case .restore:
        let time = step.holds.map { "after \($0), " } ?? ""
        lines.append("  reverts  \(time)by \(step.host) itself: \(step.undoing)")
      case .restart: lines.append("  returns  not by Murphy: \(step.undoing)")
      case .damage: lines.append("  damage   stays, and Murphy does not repair it: \(step.undoing)")
      }
      if let end = step.withoutMurphy {
        lines.append("  else     if agent, watchdog and controller are all killed: \(end)")
      }
      for line in step.missing { lines.append("  missing  \(line)") }
    }
    if !steps.isEmpty { lines.append("") }
    lines.append("hosts: \(hosts)" + (hostsOfB.map { "; in trials of B: \($0)" } ?? ""))
    if let moment {
      let drawn = moment.drawn.prefix(Self.mostShown).map { "\($0)" }.joined(separator: ", ")
      lines.append(
        "moment: the timeline begins \(moment.atLeast) to \(moment.atMost) after the start of a trial, by the seed: "
          + drawn + (moment.drawn.count > Self.mostShown ? ", …" : ""))
    }
    let minutes = { (time: Nanoseconds) in
      "\(time.count / 60_000_000_000) min \(time.count / 1_000_000_000 % 60) s"
    }
    lines.append("time: at least \(minutes(time.atLeast)), at most \(minutes(time.atMost))")
    lines.append("seed: \(seed); murphy run --seed \(seed) would choose the same")
    lines += shows
    lines += warnings.map { "note: \($0)" }
    lines.append(refusals.isEmpty ? "a run would begin" : "a run would be refused:")
    lines += refusals.map { "  \($0)" }
    return lines.joined(separator: "\n")
  }

  private static let mostShown = 9
}
