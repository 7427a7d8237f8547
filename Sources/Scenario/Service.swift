extension Scenario {
  /// The level of a service that the business needs.
  package struct Service: Codable, Equatable, Sendable {
    /// The probe that observes the service.
    package var probe: String
    /// Its least level in a disruption (MBCO): the latest answer that is still useful. Nil for any answer.
    package var mbco: Nanoseconds?
    /// The share of a month in which it must be available, in millionths. Nil if there is no such aim.
    package var availabilityPerMillion: Int?

    package init(probe: String, mbco: Nanoseconds? = nil, availabilityPerMillion: Int? = nil) {
      self.probe = probe
      self.mbco = mbco
      self.availabilityPerMillion = availabilityPerMillion
    }
  }

  /// The level of the service that a probe observes.
  package func service(_ probe: String) -> Service? { services?.first { $0.probe == probe } }
}
