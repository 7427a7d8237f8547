import Leases
import AgentProtocol
import Journal
import Scenario

/// `murphy-agent recover` on a host: every lease on its disk is reverted and its record deleted.
final class RecoverProcess: SimulatedProcess {
  func begin() {
    var left = host.disk.keys.sorted(by: >)
    func next() {
      guard let name = left.popLast(), let record = host.disk[name] else { return end() }
      host.revert(record.lease, cause: .recover, in: self) { [self] revert in
        if revert?.residue.isEmpty == true { host.disk[name] = nil }
        next()
      }
    }
    next()
  }
}
