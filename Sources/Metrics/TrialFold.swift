import Journal
import Scenario

/// A trial, gathered from its samples as they come.
struct TrialFold {
  private let entries: TrialEntries
  private let began: RunBegan
  private var observed: (first: Nanoseconds, last: Nanoseconds)?
  private var places: ProbePlaces
  private var orders: [SampleOrder]
  private var probes: [ProbeFold]

  /// - Parameter bands: the latency that counts as normal by probe, if the journal doesn't have it.
  init(_ entries: TrialEntries, began: RunBegan, bands: [String: LatencyBand]) {
    self.entries = entries
    self.began = began
    let record = TrialRecord(entries, began: began, observed: nil, isOpen: true)
    let moves = began.fleet.vms.compactMap { vm -> (vm: String, move: Move)? in
      guard let move = Move(vm, placement: Placement(vm, in: record), in: record), move.home != nil,
        move.isHit || move.moved != nil
      else { return nil }
      return (vm.name, move)
    }
    probes = record.probes.map { probe in
      ProbeFold(probe, band: record.band(of: probe.name) ?? bands[probe.name], moves: moves, in: record)
    }
    orders = probes.map { _ in SampleOrder() }
    places = ProbePlaces(probes.map(\.probe.name))
  }

  var number: Int { entries.number }

  mutating func take(_ sample: Sample) {
    observed = (
      min(observed?.first ?? sample.scheduled, sample.scheduled),
      max(observed?.last ?? sample.completed, sample.completed)
    )
    guard let place = places.place(of: sample.probe) else { return }
    orders[place].take(sample) { probes[place].take($0) }
  }

  /// After the last sample.
  mutating func end() -> (TrialRecord, [ProbeFold]) {
    for place in probes.indices {
      orders[place].end { probes[place].take($0) }
      probes[place].end()
    }
    return (TrialRecord(entries, began: began, observed: observed, isOpen: false), probes)
  }
}
