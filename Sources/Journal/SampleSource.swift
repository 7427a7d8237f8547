/// A run's samples, which can be read as often as they are needed.
package protocol SampleSource {
  associatedtype Failure: Error

  /// Calls `body` with each sample, in the order in which they were delivered. Trials follow each other: a trial's last
  /// samples may be among those of the next one.
  func read(_ body: (Sample) -> Void) throws(Failure)
}

extension [Sample]: SampleSource {
  /// Nothing is thrown. Trials are put in order.
  package func read(_ body: (Sample) -> Void) throws(Never) {
    if zip(self, dropFirst()).allSatisfy({ $0.trial <= $1.trial }) {
      for sample in self { body(sample) }
    } else {
      let groups = Dictionary(grouping: self, by: \.trial)
      for trial in groups.keys.sorted() { for sample in groups[trial] ?? [] { body(sample) } }
    }
  }
}
