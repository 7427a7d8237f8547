import Comparison
import Digest

extension Conditions {
  /// The label of a series of an OpenMetrics export: the beginning of a digest of the scenario's parts, the fleet and
  /// the probes. Runs with other values of a parameter have another label. The fingerprints are left out: after a new
  /// kernel the series continues, which is what a history shows.
  var label: String {
    let parts =
      scenario.sorted { $0.key < $1.key }.map { "scenario.\($0.key)=\($0.value)" }
      + digests.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return String(SHA256.hex(of: Array(parts.joined(separator: "\n").utf8)).prefix(12))
  }
}
