import Scenario

/// A trial's downtime as a share of the downtime that a service may have in a month of 30 days.
package struct ErrorBudget: Encodable, Equatable, Sendable {
  package var probe: String
  package var availabilityPerMillion: Int
  /// The downtime that this allows in a month.
  package var allowed: Nanoseconds
  /// Nil if the downtime was not observed.
  package var used: LimitShare?

  init?(_ probe: ProbeMetrics, of scenario: Scenario) {
    guard let availability = scenario.service(probe.probe)?.availabilityPerMillion,
      (1..<1_000_000).contains(availability)
    else { return nil }
    self.probe = probe.probe
    availabilityPerMillion = availability
    allowed = Nanoseconds(30 * 86_400 * 1000 * Int64(1_000_000 - availability))
    used = LimitShare(probe.downtime, of: allowed)
  }
}
