import Journal
import Metrics
import Scenario

/// A scenario's and a result's parts in words.
enum Wording {
  static func verdict(_ verdict: ObjectiveResult.Verdict) -> String {
    switch verdict {
    case .met: "met"
    case .missed: "missed"
    case .undecided(let countsAsMissed): countsAsMissed ? "undecided, counts as missed" : "undecided"
    case .void: "void"
    }
  }

  /// What needs saying beside the value: why it is void, or that the bounds lie on both sides of the limit.
  static func remark(_ result: ObjectiveResult) -> String? {
    switch result.verdict {
    case .met, .missed: nil
    case .void(let reason): reason
    case .undecided(let countsAsMissed):
      if case .span(.censored) = result.figure {
        "the trial was ended before it could be told"
      } else {
        "the bounds lie on both sides of the limit; the estimate is \(countsAsMissed ? "beyond" : "within") it"
      }
    }
  }

  static func milestone(_ kind: Milestone.Kind) -> String {
    switch kind {
    case .detected: "detected"
    case .failedOver: "failed over"
    case .lifted: "fault over"
    case .serviceBack: "service back"
    case .stable: "stable"
    case .fullRedundancy: "full redundancy"
    }
  }

  static func cause(_ cause: RevertCause) -> String {
    switch cause {
    case .controller: "controller"
    case .stdin: "agent, at its stdin's end"
    case .deadline: "deadline on the host"
    case .watchdog: "watchdog"
    case .agent: "agent, for its watchdog"
    case .kernel: "kernel, by timeout"
    case .recover: "murphy recover"
    }
  }

  /// Who or what ended an effect; nil where that was not seen.
  static func end(of lease: LeaseMetrics) -> String? {
    guard let ended = lease.ended else { return lease.revertedBy.map { "lifted by \(cause($0))" } }
    return switch ended.cause {
    case .others: "ended by others: \(ended.reason)"
    case .kernel: "ended by the kernel’s timeout at the latest: \(ended.reason)"
    case .reboot: "ended by the host’s reboot"
    }
  }

  /// For how long an effect was active, and was to be.
  static func held(_ lease: LeaseMetrics) -> String {
    let planned = Figures.limit(lease.duration)
    guard let held = lease.held.interval else { return "– of \(planned)" }
    let least = Figures.time(held.low)
    // What lies between the last look and the undo is not worth a second figure.
    return held.high - held.low < .milliseconds(500)
      ? "\(least) of \(planned)" : "\(least) to \(Figures.time(held.high)) of \(planned)"
  }

  /// What the figures under "held" mean, and what follows from them.
  static func shorterFault(_ scenario: Scenario) -> String {
    let counts = scenario.shorterFault == .counts
    return
      "Held: from the first look that showed the effect to the last, on the host's clock. A fault that held for less "
      + "than planned, by more than 1 % and 100 ms, "
      + (counts
        ? "counts here: the scenario says shorter-fault: counts."
        : "voids its trial for every objective, unless the scenario says shorter-fault: counts.")
  }

  static func author(_ author: StateDifference.Author) -> String {
    switch author {
    case .murphy: "Murphy’s"
    case .perhapsMurphy: "perhaps Murphy’s"
    case .others: "somebody else’s"
    }
  }

  static func outcome(_ outcome: RecoveryOutcome) -> String {
    switch outcome {
    case .stable: "Recovery ended: the platform was well for the whole stable window."
    case .noProgress: "Recovery ended without success: nothing moved on for too long."
    case .cap: "Recovery ended without success: the cap was reached."
    case .aborted: "Recovery was not awaited: the run was aborted."
    }
  }

  static func step(_ step: Step) -> String {
    let parameters = step.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \(parameter($0.value))" }
    let suffix = parameters.isEmpty ? "" : " (\(parameters.joined(separator: ", ")))"
    return "\(trigger(step.trigger)): \(step.fault) on \(target(step.target)) for \(step.duration)\(suffix)"
  }

  private static func trigger(_ trigger: Step.Trigger) -> String {
    switch trigger {
    case .at(let time): "at \(time)"
    case .after(let step, let delay): "\(delay) after \(step)"
    case .when(let condition): "when \(condition)"
    }
  }

  private static func target(_ target: Target) -> String {
    switch target {
    case .host(let selector): host(selector)
    case .vm(let name): "virtual machine \(name)"
    case .link(let selector, let network): "the \(network) link of \(host(selector))"
    case .sides(let sides, let network):
      sides.map { $0.joined(separator: ", ") }.joined(separator: " | ") + " on \(network)"
    }
  }

  private static func host(_ selector: HostSelector) -> String {
    switch selector {
    case .named(let name): name
    case .hostOf(let vm): "the host of \(vm)"
    case .any: "any host"
    }
  }

  private static func parameter(_ value: ParameterValue) -> String {
    switch value {
    case .word(let word): word
    case .ports(let ports): ports.map(String.init).joined(separator: " ")
    case .flag(let flag): flag ? "yes" : "no"
    }
  }

  /// Keeps a figure and its unit on one line.
  static func unbroken(_ text: String) -> String {
    var result = ""
    var afterDigit = false
    for character in text {
      result.append(character == " " && afterDigit ? "\u{A0}" : character)
      afterDigit = character.isNumber
    }
    return result
  }

  static func safety(_ safety: Safety) -> String {
    let what =
      switch safety.kind {
      case .lostWrites: "an acknowledged write was lost"
      case .runningTwice: "a virtual machine ran on two hosts at once"
      case .residue: "something was left behind"
      }
    let share = "In \(safety.failures) of \(Figures.things(safety.trials, "trial")) \(what)"
    guard let percent = safety.rateBelowPercent else { return share + "." }
    let bound = Figures.number(Int64(percent.rounded()), over: 1, decimals: 0)
    return "\(share): at 95 % confidence the true rate is below \(bound) %."
  }
}
