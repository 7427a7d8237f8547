import Journal
import Scenario

/// How old the data behind a view's reports were in a trial, by the clock of their source.
package struct ViewAge: Encodable, Equatable, Sendable {
  package var view: String
  /// The age of the oldest data. Ages of an unchanged report are recorded to a second or a quarter of the age.
  package var oldest: Nanoseconds

  /// nil if the source doesn't report it.
  init?(_ view: Fleet.View, in trial: TrialRecord) {
    let trace = trial.verdict(view)
    // The report at the start of the trial counts too.
    guard let oldest = trace.oldest(from: trial.begin, to: trial.end, { _ in true }) else { return nil }
    self.view = view.name
    self.oldest = oldest
  }
}

extension ViewTrace<Verdict> {
  /// The age of the oldest data behind reports of a kind in a period. Nil if it isn't known.
  func oldest(from begin: Nanoseconds, to end: Nanoseconds, _ isSo: (Verdict) -> Bool) -> Nanoseconds? {
    sights.indices.compactMap { index -> Nanoseconds? in
      let ended = index + 1 < sights.count ? sights[index + 1].at : end
      guard sights[index].at < end, ended > begin, let verdict = sights[index].state, isSo(verdict) else {
        return nil
      }
      return verdict.age
    }.max()
  }
}
