import Journal
import Metrics
import Scenario

/// The parts of a scenario and of a result as text.
enum Wording {
  /// `Trial 3`, with the setting of a run whose settings take turns.
  static func trial(_ trial: TrialMetrics) -> String {
    "Trial \(trial.trial)" + (trial.setting.map { ": \($0.setting)" } ?? "")
  }

  static func verdict(_ verdict: ObjectiveResult.Verdict) -> String {
    switch verdict {
    case .met: "met"
    case .missed: "missed"
    case .undecided: "undecided"
    case .void: "void"
    }
  }

  /// A remark on the value: why it is void, or why it can't be decided.
  static func remark(_ result: ObjectiveResult) -> String? {
    switch result.verdict {
    case .met, .missed: nil
    case .void(let reason): reason
    case .undecided: "undecided: \(undecided(result)); counts as not met"
    }
  }

  /// The used share of a limit, with the limit's name in continuity management: `MTPD, 6.8 % used (6.6 to 7.0)`. Nil if
  /// there is none.
  static func used(_ result: ObjectiveResult) -> String? {
    if case .void = result.verdict { return nil }
    guard let used = result.used else { return nil }
    let name = result.objective.metric == .disruption ? "MTPD, " : ""
    return "\(name)\(Figures.share(used)) used"
  }

  /// The level of a service that a scenario states.
  static func service(_ service: Scenario.Service) -> String {
    let parts = [
      service.mbco.map { "an answer within \(Figures.limit($0)) (MBCO)" },
      service.availabilityPerMillion.map {
        "available for \(Figures.availability(perMillion: $0)) of a month"
      },
    ].compactMap { $0 }
    return "\(service.probe): \(parts.joined(separator: ", "))"
  }

  /// Why a result can't be decided.
  static func undecided(_ result: ObjectiveResult) -> String {
    if let doubt = result.doubt { return self.doubt(doubt) }
    let limit = result.objective.limit
    if case .span(.measured(let interval)) = result.figure, interval.low != interval.high,
      interval.low.count <= limit, limit <= interval.high.count
    {
      return "the limit lies between the bounds, so the measurement can’t decide"
    }
    return "the trial was ended early"
  }

  /// Why a probe's results decide nothing.
  static func doubt(_ doubt: Doubt) -> String {
    "\(Figures.grouped(doubt.unknown)) of \(doubt.probe)’s \(Figures.things(doubt.samples, "sample")) are unknown, more than 1 %"
  }

  /// The damage in a few words.
  static func damage(_ kind: Safety.Kind) -> String {
    switch kind {
    case .lostWrites: "acknowledged writes lost"
    case .replicas: "replicas that differ"
    case .runningTwice: "a virtual machine on two hosts at once"
    case .splitBrain: "storage in split-brain"
    case .residue: "residue on hosts"
    }
  }

  /// The reason why a promise could not be judged.
  static func unknown(_ result: SafetyResult, _ reason: String) -> String {
    let subject = result.subject ?? ""
    return switch result.kind {
    case .lostWrites: "Not known whether a write was lost: \(subject): \(reason)."
    case .replicas: "Not known whether the replicas of \(subject) are the same: \(reason)."
    case .runningTwice: "Not known whether \(subject) ran on two hosts at once: \(reason)."
    case .splitBrain: "Not known whether \(subject) was in split-brain: \(reason)."
    case .residue: "Not known whether there is residue: \(reason)."
    }
  }

  /// - Parameter hasManager: false if people or libvirt start a virtual machine again: then nothing fails over.
  static func milestone(_ kind: Milestone.Kind, hasManager: Bool) -> String {
    switch kind {
    case .detected: "detected"
    case .failedOver: hasManager ? "failed over" : "VM restarted"
    case .faultOver: "fault over"
    case .serviceBack: "service back"
    case .stable: "stable"
    case .fullRedundancy: "full redundancy"
    }
  }

  /// The event for which the platform waited.
  ///
  /// - Parameter hasManager: as for `milestone`.
  static func phase(_ kind: RecoveryPhase.Kind, hasManager: Bool) -> String {
    switch kind {
    case .detection: "detection"
    case .failOver: hasManager ? "failover" : "the VM’s restart"
    case .serviceReturn: "the service’s return"
    case .returnToNormal: "return to normal"
    case .faultEnd: "the fault’s end"
    case .resync: "resync"
    }
  }

  static func cause(_ cause: RevertCause) -> String {
    switch cause {
    case .controller: "controller"
    case .stdin: "agent, at the end of its stdin"
    case .deadline: "deadline on the host"
    case .watchdog: "watchdog"
    case .agent: "agent, since its watchdog died"
    case .kernel: "kernel, by timeout"
    case .recover: "murphy recover"
    }
  }

  /// The damage that a fault left or may have left, as a sentence. Nil if there is none.
  static func damage(of lease: LeaseMetrics) -> String? {
    guard let leaves = lease.leaves, lease.failure == nil else { return nil }
    let verb = lease.effective == nil ? "may stay" : "stays"
    return "Damage \(verb) on \(lease.host): \(leaves) (\(lease.fault))."
  }

  /// What ended an effect; nil if that was not observed.
  static func end(of lease: LeaseMetrics) -> String? {
    if lease.instant == true {
      return lease.effective.map { _ in "over at once" + (lease.leaves.map { "; left: \($0)" } ?? "") }
    }
    guard let ended = lease.ended else { return lease.revertedBy.map { "reverted by \(cause($0))" } }
    return switch ended.cause {
    case .others: "ended by something else: \(ended.reason)"
    case .kernel: "ended by the kernel’s timeout or earlier: \(ended.reason)"
    case .reboot: "ended by the host’s reboot"
    }
  }

  /// How long an effect was active, and its planned time.
  static func held(_ lease: LeaseMetrics) -> String {
    if lease.instant == true { return lease.effective == nil ? "–" : "an instant" }
    let planned = Figures.limit(lease.duration)
    guard let held = lease.held.interval else { return "– of \(planned)" }
    let least = Figures.time(held.low)
    // Bounds that differ only by the time between the last observation and the undo are shown as one number.
    return held.high - held.low < .milliseconds(500)
      ? "\(least) of \(planned)" : "\(least) to \(Figures.time(held.high)) of \(planned)"
  }

  /// The meaning of the values under "active", and their consequence.
  static func shorterFault(_ scenario: Scenario) -> String {
    let counts = scenario.shorterFault == .counts
    return
      "Active: from the first observation of the effect to the last, on the host's clock. A fault that was active for "
      + "less than planned, by more than 1 % and 100 ms, "
      + (counts
        ? "is accepted here: the scenario has shorter-fault: counts."
        : "voids its trial for every objective, unless the scenario has shorter-fault: counts.")
  }

  static func author(_ author: StateDifference.Author) -> String {
    switch author {
    case .murphy: "Murphy"
    case .perhapsMurphy: "perhaps Murphy"
    case .others: "something else"
    }
  }

  /// How the wait for recovery ended; nil if the trial ended before it.
  static func recovery(_ trial: TrialMetrics) -> String? {
    if let reason = trial.unrecovered { return "The platform did not recover: \(reason)." }
    return switch trial.recoveryOutcome {
    case .stable: "Recovery ended: the platform was healthy for the whole stable window."
    case .aborted: "There was no wait for recovery: the run was aborted."
    case .noProgress, .cap, nil: nil
    }
  }

  static func step(_ step: Step) -> String {
    let parameters = step.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.words)" }
    let suffix = parameters.isEmpty ? "" : " (\(parameters.joined(separator: ", ")))"
    return
      "\(trigger(step.trigger)): \(step.fault) on \(target(step.target))\(step.isInstant ? "" : " for \(step.duration)")\(suffix)"
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
      sides.map { $0.joined(separator: ", ") }.joined(separator: " | ") + " on \(network ?? "all networks")"
    }
  }

  private static func host(_ selector: HostSelector) -> String {
    switch selector {
    case .named(let name): name
    case .hostOf(let vm): "the host of \(vm)"
    case .any: "any host"
    }
  }

  /// Keeps a number and its unit on one line.
  static func unbroken(_ text: String) -> String {
    var result = ""
    var afterDigit = false
    for character in text {
      result.append(character == " " && afterDigit ? "\u{A0}" : character)
      afterDigit = character.isNumber
    }
    return result
  }

  /// The promises over all trials, a line each, and the bound on the failure rate for this number of trials.
  static func safety(_ promises: [Safety]) -> [String] {
    var lines = promises.map { promise in
      let trials =
        promise.failures == 0
        ? Figures.things(promise.trials, "trial")
        : "\(promise.failures) of \(Figures.things(promise.trials, "trial"))"
      let what =
        switch promise.kind {
        case .lostWrites:
          promise.failures == 0 ? "No acknowledged write was lost" : "An acknowledged write was lost"
        case .replicas: promise.failures == 0 ? "All replicas were the same" : "Replicas differed"
        case .runningTwice:
          "\(promise.failures == 0 ? "No" : "A") virtual machine ran on two hosts at once"
        case .splitBrain: "\(promise.failures == 0 ? "No" : "A") storage entry was in split-brain"
        case .residue: promise.failures == 0 ? "There was no residue" : "There was residue"
        }
      return "\(what) in \(trials)."
    }
    // The lowest number of trials gives the widest bound.
    guard let least = promises.filter({ $0.failures == 0 }).min(by: { $0.trials < $1.trials }) else {
      return lines
    }
    func percent(_ safety: Safety) -> String {
      Figures.number(Int64((safety.rateBelowPercent ?? 100).rounded()), over: 1, decimals: 0)
    }
    if least.trials == 1 {
      let five = Safety(kind: least.kind, trials: 5, failures: 0)
      lines.append(
        "One trial says nothing about rates; 5 without a failure would bound each to \(percent(five)) %.")
    } else {
      lines.append(
        "At 95 % confidence the true rate of each that did not happen is below \(percent(least)) %.")
    }
    return lines
  }
}
