import Journal
import Metrics

/// One line of the comparison of hosts before and after, for display.
struct HostChange {
  let host: String
  /// `missing` or `new`; nil for a part that could not be compared, and in a journal of a version that didn't record
  /// it.
  let change: String?
  let line: String
  /// The cause.
  let by: String
  /// The reason for the attribution; empty if there is none.
  let because: String
  /// The whole text: `missing: address eth0 10.0.0.1/24 (perhaps Murphy: lease 3f9a_1 held eth0)`.
  let text: String

  /// Differences that count: residue, possible residue, and parts that could not be compared.
  static func counted(_ residue: Residue) -> [HostChange] {
    residue.hosts.flatMap { host in
      host.left.map { HostChange($0, on: host.host) }
        + host.uncompared.map { HostChange(notCompared: $0, on: host.host) }
    } + residue.unaudited.map { HostChange(notCompared: "its state after the trial is unknown", on: $0) }
  }

  /// Changes that something else made meanwhile.
  static func byOthers(_ residue: Residue) -> [HostChange] {
    residue.hosts.flatMap { host in host.byOthers.map { HostChange($0, on: host.host) } }
  }

  private init(_ difference: StateDifference, on host: String) {
    self.host = host
    change = difference.change?.rawValue
    line = difference.line
    by = difference.because.isEmpty ? "" : Wording.author(difference.by)
    because = difference.because
    text = "\(difference)" + (by.isEmpty ? "" : " (\(by): \(because))")
  }

  private init(notCompared reason: String, on host: String) {
    self.host = host
    change = nil
    line = reason
    by = "not compared"
    because = ""
    text = "not compared: \(reason)"
  }
}
