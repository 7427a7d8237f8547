import Leases
import AgentProtocol
import Journal
import Scenario

/// `murphy-agent recover` on a host: every lease on its disk is reverted and its record deleted.
final class RecoverProcess: SimulatedProcess {
  /// Whether it has ended, and has reported that no lease is left.
  private(set) var isClean = false

  func begin() {
    var left = host.disk.keys.sorted(by: >)
    var hasFailed = false
    func next() {
      guard let name = left.popLast() else {
        isClean = !hasFailed
        return end()
      }
      guard let record = host.disk[name] else { return next() }
      host.revert(record.lease, cause: .recover, in: self) { [self] revert in
        if revert?.residue.isEmpty == true { host.disk[name] = nil } else { hasFailed = true }
        next()
      }
    }
    next()
  }
}
