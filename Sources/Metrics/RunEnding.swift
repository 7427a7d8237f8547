import Journal
import Scenario

/// How a run ended, according to its journal.
enum RunEnding: Equatable {
  /// Every planned trial has its audit.
  case completed
  /// The run was refused before any fault, for these reasons.
  case refused([String])
  /// The run was aborted for these reasons, and every fault was reverted.
  case aborted(String)
  /// These faults may still be active.
  case faultsActive([String])
  /// The journal ends in the middle of the run: the controller was killed.
  case cut

  /// - Parameter isWhole: whether the last trial is complete.
  init(_ entries: [Entry], isWhole: Bool) {
    var exitCode: Int32?
    for entry in entries {
      switch entry.event {
      case .runRefused(let reasons):
        self = .refused(reasons)
        return
      case .runAborted(let reason):
        self = .aborted(reason)
        return
      case .faultsActive(let faults):
        self = .faultsActive(faults)
        return
      case .runEnded(let code): exitCode = code
      default: break
      }
    }
    // A journal of an earlier version only shows it by the exit code.
    self =
      switch exitCode {
      case 3: .refused(Self.refusal(entries))
      case 4: .aborted(Self.abort(entries))
      case 5: .faultsActive(Self.active(entries))
      case nil: isWhole ? .completed : .cut
      default: .completed
      }
  }

  private static func refusal(_ entries: [Entry]) -> [String] {
    for entry in entries.reversed() {
      if case .baseline(let reasons, _) = entry.event, !reasons.isEmpty {
        return reasons.map { "the baseline isn't healthy: \($0)" }
      }
    }
    return ["this journal of an earlier version doesn't have the reasons"]
  }

  private static func abort(_ entries: [Entry]) -> String {
    for entry in entries {
      switch entry.event {
      case .guardTripped(let condition): return "guard: \(condition)"
      case .interrupted(let signal): return "interrupted by \(signal)"
      case .trialVoid(let reason): return reason
      default: break
      }
    }
    return "this journal of an earlier version doesn't have the reason"
  }

  private static func active(_ entries: [Entry]) -> [String] {
    var requests: [LeaseRequested] = []
    for entry in entries {
      switch entry.event {
      case .leaseRequested(let request): requests.append(request)
      case .leaseReverted(let revert): requests.removeAll { $0.lease == revert.lease }
      default: break
      }
    }
    return requests.map { "\($0.host): \($0.fault) \($0.object), lease \($0.lease)" }
  }
}
