extension Scenario {
  /// The comparison of runs of a scenario. It is declared before the first run.
  package struct Compare: Codable, Equatable, Sendable {
    /// The allowed regression, in per cent of the base's value.
    package var percent: Int
    /// The least allowed regression. Nil for twice the longest interval of the probes.
    package var absolute: Nanoseconds?
    /// The key of the objective that decides. Nil for the first one.
    package var primary: String?

    package init(percent: Int = 10, absolute: Nanoseconds? = nil, primary: String? = nil) {
      self.percent = percent
      self.absolute = absolute
      self.primary = primary
    }
  }

  /// The objectives that a comparison of its runs uses; the first one decides. An objective with `min` doesn't state that
  /// less is better.
  package var compared: [Objective] {
    var compared = objectives.filter { $0.relation == .max }
    if let key = compare?.primary, let index = compared.firstIndex(where: { $0.key == key }) {
      compared.insert(compared.remove(at: index), at: 0)
    }
    return compared
  }
}
