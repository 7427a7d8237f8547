import Journal
import Metrics
import Scenario
import Views

/// A run's picture on a terminal: a bar for the phase, a lane for each probe and view, and the active faults.
///
/// A fold over the journal: it depends only on entries and samples.
struct LiveView {
  private let scenario: Scenario
  private let fleet: Fleet
  private var phase: Phase?
  private var phaseBegan = Nanoseconds.zero
  private var now = Nanoseconds.zero
  private var trial = 0
  private var lanes: [String: [Sample]] = [:]
  private var beliefs: [String: Belief] = [:]
  private var byHost: [String: HostBeliefs] = [:]
  /// The last shown disagreement of hosts, by view.
  private var sides: [String: [HostBeliefs.Side]] = [:]
  /// Lines about disagreements that the last entry caused.
  private var contradictions: [String] = []
  /// Whether the last entry is a belief whose data only are older, or a command that again reports no problem. Its text has
  /// times that differ with each query, as `HTTP OK: 268 bytes in 0.020 second response time`.
  private(set) var isRepeated = false
  private var places: [String: String] = [:]
  private var leases: [(request: LeaseRequested, at: Nanoseconds, state: String)] = []
  /// The place of each lease in `leases`.
  private var leasePlaces: [String: Int] = [:]
  /// The entries about steps and leases since the trial began.
  private var course: [Entry] = []
  private var stepsNotDone: [StepNotDone] = []
  private var faultsEnded: Nanoseconds?

  init(scenario: Scenario, fleet: Fleet) {
    self.scenario = scenario
    self.fleet = fleet
  }

  mutating func take(_ sample: Sample) {
    now = max(now, sample.completed)
    trial = sample.trial
    lanes[sample.probe, default: []].append(sample)
    if let count = lanes[sample.probe]?.count, count > 4000 { lanes[sample.probe]?.removeFirst(2000) }
  }

  mutating func take(_ entry: Entry) {
    now = max(now, entry.at)
    contradictions = []
    isRepeated = false
    switch entry.event {
    case .phaseBegan(let began):
      if phase == .faults {
        stepsNotDone = StepNotDone.all(in: scenario.timeline, by: course)
        faultsEnded = entry.at
      }
      phase = began
      phaseBegan = entry.at
      if began == .steady { (leases, leasePlaces, course, stepsNotDone) = ([], [:], [], []) }
    case .viewSeen(let view, let belief, let from, let isAside):
      if !isAside {
        let kind = fleet.view(view)?.kind.kind
        isRepeated =
          kind == CommandView().key && belief.reportsNoProblem && beliefs[view]?.reportsNoProblem == true
          || belief.age != nil && belief.hasContent(of: beliefs[view])
        beliefs[view] = belief
      }
      byHost[view, default: HostBeliefs()].take(belief, from: from, isAside: isAside)
      compareHosts(view)
    case .domainSeen(let seen):
      if seen.state != .off {
        places[seen.domain] = seen.host + (seen.state == .paused ? " (paused)" : "")
      } else if places[seen.domain]?.hasPrefix(seen.host) == true {
        places[seen.domain] = nil
      }
    case .stepChosen: course.append(entry)
    case .leaseRequested(let request):
      course.append(entry)
      leasePlaces[request.lease] = leases.count
      leases.append((request, entry.at, "requested"))
    case .leaseEffective(let effect): mark(effect.lease, "active")
    case .leaseEnded(let end): mark(end.lease, "ended early")
    case .leaseReverted(let revert):
      course.append(entry)
      mark(revert.lease, "reverted")
    case .leaseFailed(let lease, _): mark(lease, "failed")
    default: break
    }
  }

  private mutating func compareHosts(_ view: String) {
    let found = byHost[view]?.sides(in: fleet) ?? []
    let now = found.count > 1 ? found : []
    let before = sides.updateValue(now, forKey: view) ?? []
    if now == before { return }
    contradictions = [
      now.isEmpty
        ? "\(view): hosts agree again"
        : "\(view): hosts disagree: \(now.map(\.description).joined(separator: " | "))"
    ]
  }

  /// Remarks on the last entry: steps that did not happen, when the faults phase ends, and disagreements of hosts.
  func remarks(on entry: Entry) -> [String] {
    let steps = entry.at == faultsEnded ? stepsNotDone.map { "✕ \($0)" } : []
    return (steps + contradictions).map { Self.timed($0, entry.at) }
  }

  private mutating func mark(_ lease: String, _ state: String) {
    if let place = leasePlaces[lease] { leases[place].state = state }
  }

  /// The picture, each line cut to the width.
  func lines(columns: Int) -> [String] {
    let width = max(20, columns - 1)
    var lines = [String(repeating: "─", count: min(width, 100))]
    lines.append(bar(width: width))
    let names = scenario.steady.probes + scenario.steady.views + fleet.vms.map(\.name)
    let label = (names.map(\.count).max() ?? 0) + 2
    for probe in scenario.steady.probes { lines.append(lane(probe, label: label, width: width)) }
    for view in scenario.steady.views {
      let source = byHost[view]?.source.map { " (by \($0))" } ?? ""
      lines.append(padded(view, label) + words(ofView: view) + source)
      for side in sides[view] ?? [] {
        let mark = side.hosts.contains(byHost[view]?.source ?? "") ? "  = " : "  ≠ "
        lines.append(padded("", label) + mark + side.description)
      }
    }
    for vm in fleet.vms {
      lines.append(padded(vm.name, label) + (places[vm.domain].map { "runs on \($0)" } ?? "runs on no host"))
    }
    for lease in leases {
      let left = lease.at + lease.request.duration - now
      let isOver = ["ended early", "reverted", "failed"].contains(lease.state)
      let rest =
        isOver || left < .zero || lease.request.isInstant
        ? lease.state : "\(left.count / 1_000_000_000) s left"
      let path =
        lease.request.cutsControlPath && lease.state == "requested" ? ", which is unreachable meanwhile" : ""
      lines.append(
        "⚡ \(rest): \(lease.request.fault) on \(lease.request.host)\(path): \(lease.request.object)")
    }
    lines += stepsNotDone.map { "✕ \($0)" }
    return lines.map { String($0.prefix(width)) }
  }

  private func bar(width: Int) -> String {
    let elapsed = (now - phaseBegan).count / 1_000_000_000
    let phases = Phase.allCases.map { $0 == phase ? "▶ \($0.rawValue) \(elapsed) s" : $0.rawValue }
    let trials = scenario.trials > 1 ? "trial \(max(1, trial))/\(scenario.trials)  " : ""
    let all = trials + phases.joined(separator: "  ")
    // A narrow terminal shows the present phase alone.
    let present = phases.first { $0.hasPrefix("▶") }.map { trials + $0 }
    return all.count <= width ? all : present ?? all
  }

  /// The last minutes of a probe, one mark per second, the newest at the right.
  private func lane(_ probe: String, label: Int, width: Int) -> String {
    let samples = lanes[probe] ?? []
    let state =
      samples.last.map { sample in
        sample.verdict == .ok
          ? "ok \(sample.latency.count / 1_000_000) ms" : "\(sample.verdict.rawValue) \(sample.status)"
      } ?? "waits"
    // A narrow terminal has the state in full, and fewer marks.
    let room = max(width - label - 22, min(10, width - label - 1 - state.count), 0)
    let last = now.count / 1_000_000_000
    var marks = [Character](repeating: " ", count: room)
    for sample in samples {
      let index = room - 1 - Int(last - sample.scheduled.count / 1_000_000_000)
      guard marks.indices.contains(index) else { continue }
      switch sample.verdict {
      case .fail: marks[index] = "█"
      case .unknown: if marks[index] != "█" { marks[index] = "?" }
      case .ok: if marks[index] == " " { marks[index] = "·" }
      }
    }
    return padded(probe, label) + String(marks) + " " + state
  }

  private func words(ofView view: String) -> String {
    switch beliefs[view] {
    case .storage(let state):
      return state.unknown.map { "unknown: \($0)" }
        ?? "\(state.bricksOnline)/\(state.bricks) bricks, \(state.peersConnected)/\(state.peers) peers, "
        + "\(state.healBacklog) to heal, \(state.splitBrain) split-brain"
    case .manager(let state) where state.unknown == nil:
      return Belief.manager(state).summary + (state.quorate ? "" : ", no quorum")
    case .manager(let state): return "unknown: \(state.unknown ?? "")"
    case .verdict(let verdict): return verdict.unknown.map { "unknown: \($0)" } ?? verdict.words
    case nil: return "no belief yet"
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// An entry as a plain line; nil if it is not shown.
  static func line(for entry: Entry) -> String? {
    let words: String
    switch entry.event {
    case .runBegan(let began): words = "run \(began.run), seed \(began.seed)"
    case .settingApplied(let applied):
      words =
        (entry.trial == 0 ? "restored: " : "trial \(entry.trial): ") + applied.setting
        + (applied.setup.map { ", by \($0)" } ?? "")
    case .runResumed(let resumed):
      words =
        "resumed after trial \(resumed.completed)"
        + (resumed.interrupted.map { "; trial \($0) was interrupted and is void" } ?? "")
        + resumed.recovered.map { "; \($0)" }.joined()
    // The controller has been surveyed for its views' settings; it has no other clock, and runs no domain.
    case .hostSurveyed(let survey) where survey.host == Site.controller.name: return nil
    case .hostSurveyed(let survey):
      words =
        "\(survey.host) answers; its clock's uncertainty is \(survey.clockUncertainty.count / 1000) µs; running domains: "
        + (survey.running.isEmpty ? "none" : survey.running.joined(separator: ", "))
    case .phaseBegan(let phase):
      words = "phase \(phase.rawValue)" + (entry.trial > 1 ? ", trial \(entry.trial)" : "")
    case .baseline(let reasons, _):
      words =
        reasons.isEmpty ? "baseline healthy" : "baseline not healthy: " + reasons.joined(separator: "; ")
    case .stepChosen(let chosen):
      words = "\(chosen.step): \((chosen.hosts + chosen.vms).joined(separator: ", ")) (\(chosen.how))"
    case .leaseRequested(let request):
      words =
        "⚡ \(request.fault) on \(request.host): \(request.object)"
        + (request.isInstant ? "" : ", for \(request.duration)")
    case .leaseEffective(let effect): words = "effective: \(effect.evidence)"
    case .leaseEnded(let end):
      let who =
        switch end.cause {
        case .others: "by others"
        case .kernel: "by the kernel's timeout"
        case .reboot: "by the host's reboot"
        }
      words = "the fault ended early, \(who): \(end.reason); its lease stays until its revert"
    case .leaseFailed(_, let message): words = "failed: \(message)"
    case .leaseReverting: words = "revert requested"
    case .leaseReverted(let revert): words = "reverted, by \(revert.cause.rawValue)"
    case .hostLost(let host, let reason): words = "\(host) lost: \(reason)"
    case .hostRegained(let host): words = "\(host) answers again"
    // The beliefs of other hosts are shown only if they contradict this one.
    case .viewSeen(_, _, _, isAside: true): return nil
    case .viewSeen(let view, let belief, let from, _):
      words = view + (from.map { " by \($0)" } ?? "") + ": \(belief.summary)"
    case .domainSeen(let seen):
      // Most of libvirt's texts begin with the state.
      let state = seen.state.rawValue
      words =
        "\(seen.domain) on \(seen.host): "
        + (seen.what.hasPrefix(state) ? seen.what : "\(state) (\(seen.what))")
    case .recoveryEnded(let outcome, let unwell):
      words =
        "recovery ended: \(outcome.rawValue)" + (unwell.isEmpty ? "" : "; " + unwell.joined(separator: "; "))
    case .writesAudited(let audit):
      words =
        "\(audit.probe): "
        + audit.reads.map { read in
          guard let found = read.found else {
            return "\(read.place) could not be read: \(read.unreadable ?? "")"
          }
          let torn = found.torn.count + found.tornUnplaced
          return "\(found.present.count) records in \(read.place)" + (torn > 0 ? ", \(torn) torn" : "")
        }.joined(separator: "; ")
    case .residueAudited(let host, let differences, let uncompared):
      let left = differences.filter(\.counts)
      let others = differences.count - left.count
      let remarks =
        uncompared + left.map(\.description)
        + (others > 0 ? ["\(others) changed by something else"] : [])
      words = "\(host): " + (remarks.isEmpty ? "as before" : remarks.joined(separator: "; "))
    case .guardTripped(let condition): words = "guard: \(condition)"
    case .interrupted(let signal):
      words =
        "\(signal): every fault is reverted, then the report is written; a host that is cut off reverts its fault at its deadline"
    case .trialVoid(let reason): words = "trial void: \(reason)"
    case .unknown(let kind): words = kind
    // Printed after the display has ended.
    case .runRefused, .runAborted, .faultsActive, .runEnded: return nil
    }
    return timed(words, entry.at)
  }

  private static func timed(_ words: String, _ at: Nanoseconds) -> String {
    let tenths = at.count / 100_000_000
    let time = "\(tenths / 10).\(tenths % 10)"
    return String(repeating: " ", count: max(0, 7 - time.count)) + time + "  " + words
  }
}

extension Belief {
  fileprivate var reportsNoProblem: Bool {
    if case .verdict(let verdict) = self { verdict.isWell } else { false }
  }
}
