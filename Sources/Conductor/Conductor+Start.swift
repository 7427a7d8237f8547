import Journal
import Scenario

/// The part from the first connection to the first trial: hosts answer, are surveyed, and check each step.
extension Conductor {
  mutating func advanceConnecting(at now: Nanoseconds) {
    let isLate = now - startedAt > admission.connectPatience
    guard admission.answering.count + refusing.count == sites.count || isLate else { return }
    // If some hosts refuse, the others are still asked, so that all reasons are reported together.
    for site in sites where !admission.answering.contains(site) {
      if let reason = refusing[site] { admission.take(refusal: reason, of: site) }
    }
    admission.refuseSilentHosts()
    if admission.answering.isEmpty { return refuse(admission.refusals) }
    commands.append(.watch)
    stage = .surveying
  }

  mutating func advanceSurveying(at now: Nanoseconds) {
    if admission.answering.isSubset(of: surveyed), audit.states.isEmpty {
      for problem in part.expected?.problems(fingerprints) ?? [] { admission.refuse(problem) }
      stage = .checking
      for check in admission.checks(running: platform.running) {
        commands.append(
          .check(
            host: check.host, step: check.step.name, check.assignment.spec, duration: check.step.duration))
      }
      for check in admission.fileChecks() {
        commands.append(.checkFiles(host: check.host, probe: check.probe, paths: check.paths))
      }
    } else if now - startedAt > admission.preparePatience {
      for host in fleet.hosts.map(\.name)
      where admission.answering.contains(host) && (!surveyed.contains(host) || audit.states.contains(host)) {
        admission.refuseUnsurveyed(host)
      }
      refuse(admission.refusals)
    }
  }

  mutating func advanceChecking(at now: Nanoseconds) {
    if admission.isChecking {
      if now - startedAt <= admission.preparePatience { return }
      admission.refuseUnchecked()
    }
    if !admission.refusals.isEmpty { return refuse(admission.refusals) }
    begin(TrialCourse(part.trials.lowerBound, of: scenario, in: fleet, draws), at: now)
  }
}
