extension Scenario {
  /// How runs of a scenario are compared, declared before any of them is made.
  package struct Compare: Codable, Equatable, Sendable {
    /// By how many per cent of the base's value the candidate may be worse.
    package var percent: Int
    /// By how much at least; nil for twice the longest interval of the probes.
    package var absolute: Nanoseconds?
    /// The key of the objective that decides; nil for the first.
    package var primary: String?

    package init(percent: Int = 10, absolute: Nanoseconds? = nil, primary: String? = nil) {
      self.percent = percent
      self.absolute = absolute
      self.primary = primary
    }
  }
}
