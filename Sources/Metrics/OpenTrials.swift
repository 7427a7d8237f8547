import Journal

/// The trials whose samples are being read: at most two, since a trial's last samples may be among those of the next one.
///
/// It only has their numbers. What is gathered of them is in an array of the caller, in the same order.
package struct OpenTrials {
  /// In order.
  package private(set) var numbers: [Int] = []

  package init() {}

  package enum Place {
    /// Of an open trial, in the array.
    case open(Int)
    /// Of a trial that begins: it is appended to the array. Whether the first one has ended and is removed before.
    case new(firstHasEnded: Bool)
    /// Of no trial: before the first one or after the last.
    case none
  }

  /// The place of the next sample, in the order of `SampleSource`.
  package mutating func place(of sample: Sample) -> Place {
    if let last = numbers.last, last == sample.trial { return .open(numbers.count - 1) }
    if sample.trial == 0 { return .none }
    if let place = numbers.firstIndex(of: sample.trial) { return .open(place) }
    if let last = numbers.last, sample.trial < last { return .none }
    let isFull = numbers.count > 1
    if isFull { numbers.removeFirst() }
    numbers.append(sample.trial)
    return .new(firstHasEnded: isFull)
  }
}

/// Finds the place of a probe by its name, mostly by the one that followed it before: probes take turns.
package struct ProbePlaces {
  private let names: [String]
  private let places: [String: Int]
  /// The place that last followed each place.
  private var following: [Int]
  private var last = 0

  package init(_ names: [String]) {
    self.names = names
    places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    following = Array(names.indices)
  }

  package mutating func place(of name: String) -> Int? {
    if names.isEmpty { return nil }
    let guess = following[last]
    if names[guess] == name {
      last = guess
      return guess
    }
    guard let place = places[name] else { return nil }
    following[last] = place
    last = place
    return place
  }
}
