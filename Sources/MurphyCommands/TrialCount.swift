import ArgumentParser

/// The allowed numbers of trials of a run.
enum TrialCount {
  static let allowed = 1...1000

  static func validate(_ trials: Int?) throws {
    if let trials, !allowed.contains(trials) {
      throw ValidationError("--trials is from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
  }
}
