import Journal
import Scenario
import Testing

@testable import Metrics

/// Folds over samples as they come must give what their definitions give of all samples at once.
@Suite struct FoldTests {
  private typealias SplitMix64 = OutagePropertyTests.SplitMix64

  private static func sample(
    _ number: Int64, due: Nanoseconds, took: Nanoseconds, _ verdict: Sample.Verdict = .ok,
    boot: String? = nil
  ) -> Sample {
    Sample(
      trial: 1, probe: "website", sequence: number, scheduled: due, sent: due, completed: due + took,
      verdict: verdict, status: "", boot: boot)
  }

  // MARK: Order

  @Test("Samples that come in the order of their answers are put into the order of their numbers")
  func order() {
    var random = SplitMix64(state: 7)
    for _ in 0..<200 {
      let samples = (1...300).map { number in
        Self.sample(
          number, due: .milliseconds(100 * number), took: .milliseconds(.random(in: 1...2000, using: &random))
        )
      }
      var order = SampleOrder()
      var taken: [Sample] = []
      for sample in samples.sorted(by: { $0.completed < $1.completed }) {
        order.take(sample) { taken.append($0) }
      }
      #expect(taken.count > 200)
      order.end { taken.append($0) }
      #expect(taken == samples)
    }
  }

  @Test("After a gap no more than a bounded number of samples waits")
  func gap() {
    var order = SampleOrder()
    var taken: [Int64] = []
    let count = Int64(SampleOrder.mostWaiting) * 3
    for number in 2...count {
      order.take(Self.sample(number, due: .zero, took: .zero)) { taken.append($0.sequence) }
    }
    #expect(taken == Array(2...count))
    // Too late for its turn.
    order.take(Self.sample(1, due: .zero, took: .zero)) { taken.append($0.sequence) }
    #expect(taken.last == 1)
  }

  // MARK: Latency

  @Test("Percentiles of few answers are exact, and those of many lie within their bounds")
  func percentiles() {
    var random = SplitMix64(state: 8)
    for count in [1, 2, 100, LatencyDistribution.mostExact, LatencyDistribution.mostExact + 1, 40_000] {
      for scale in [1000, 1_000_000, 1_000_000_000, Int64.max] {
        var distribution = LatencyDistribution()
        var values: [Int64] = []
        for _ in 0..<count {
          let value = Int64.random(in: 0..<Int64.random(in: 1..<scale, using: &random), using: &random)
          values.append(value)
          distribution.add(Nanoseconds(value))
        }
        values.sort()
        #expect(distribution.count == count)
        #expect(distribution.greatest?.count == values.last)
        for percent in [0, 1, 50, 95, 99, 100] {
          let exact = values[max((count * percent + 99) / 100, 1) - 1]
          guard let bounds = distribution.percentile(percent) else {
            Issue.record("no percentile")
            continue
          }
          #expect(bounds.low.count <= exact && exact <= bounds.high.count, "\(count) \(scale) \(percent)")
          #expect(bounds.high.count - bounds.low.count <= exact / 1024)
          if count <= LatencyDistribution.mostExact { #expect(bounds.low == bounds.high) }
        }
      }
    }
  }

  // MARK: Outages

  @Test("Outages beyond those that are listed count in every sum")
  func manyOutages() {
    var (short, long) = (OutageFold(most: 3), OutageFold(most: 1000))
    for number in 1...400 as ClosedRange<Int64> {
      let isDown = number.isMultiple(of: 4) || (number > 200 && number < 210)
      let sample = Self.sample(
        number, due: .milliseconds(100 * number), took: .milliseconds(1), isDown ? .fail : .ok)
      short.take(sample)
      long.take(sample)
    }
    short.end()
    long.end()
    #expect(short.outages == Array(long.outages.prefix(3)))
    #expect(long.leftOut == 0)
    #expect(short.leftOut == long.outages.count - 3)
    #expect(short.downtime == long.downtime)
    #expect(short.longest == long.longest)
    #expect(long.downtime == Span.sum(long.outages.map(\.length)))
    #expect(long.longest == Span.longest(long.outages.map(\.length)))
  }

  // MARK: Recovery

  /// The definition, of all samples at once.
  private static func recovery(
    _ all: [Sample], by rule: StableRule, since effective: Nanoseconds, endedStable: Bool
  ) -> ServiceRecovery {
    let samples = all.filter { $0.completed >= effective }
    guard let through = samples.last.map({ $0.scheduled + rule.every }) else { return .tooShort }
    let judgements = rule.judge(samples, through: through)
    let lastStable = judgements.lastIndex(of: .stable)
    let disturbed = judgements.firstIndex(of: .unstable)
    let isOver =
      lastStable.map { !endedStable && through >= samples[$0].scheduled + rule.width + rule.width } ?? true
    if isOver {
      guard judgements[(lastStable ?? 0)...].contains(.unstable) else {
        return lastStable == nil ? .tooShort : .unheard
      }
      let failure = samples.last {
        $0.verdict == .fail || ($0.verdict == .ok && $0.latency > rule.band.upper)
      }
      return .notRecovered(lastFailure: (failure ?? samples[disturbed ?? 0]).scheduled)
    }
    guard let disturbed, let first = judgements[disturbed...].firstIndex(of: .stable),
      let start = samples[first...].firstIndex(where: { $0.verdict == .ok })
    else { return .undisturbed }
    let before = samples[..<start].last { $0.verdict != .unknown }
    return .recovered(
      Interval(
        estimate: samples[start].scheduled, low: before?.scheduled ?? samples[start].scheduled,
        high: samples[start].completed))
  }

  @Test("Recovery is dated as if all samples were there")
  func recovery() {
    var random = SplitMix64(state: 9)
    var kinds: Set<String> = []
    for number in 0..<5000 {
      var letter: Character = "o"
      let samples = (0..<Int64.random(in: 0...150, using: &random)).map { number in
        if Int.random(in: 0..<12, using: &random) == 0 {
          letter = "ooooosfu".randomElement(using: &random) ?? "o"
        }
        return Self.sample(
          number + 1, due: .milliseconds(100 * number), took: .milliseconds(letter == "o" ? 2 : 400),
          letter == "f" ? .fail : letter == "u" ? .unknown : .ok)
      }
      let rule = StableRule(
        width: .milliseconds(Int64.random(in: 1...2000, using: &random)), every: .milliseconds(100),
        band: LatencyBand(upper: .milliseconds(100)))
      let effective = Nanoseconds.milliseconds(Int64.random(in: -1000...8000, using: &random))
      let endedStable = Bool.random(using: &random)
      var fold = RecoveryFold(by: rule, since: effective, endedStable: endedStable)
      for sample in samples { fold.take(sample) }
      let found = fold.end()
      let defined = Self.recovery(samples, by: rule, since: effective, endedStable: endedStable)
      #expect(found == defined, "case \(number)")
      kinds.insert(String("\(found)".prefix { $0 != "(" }))
    }
    #expect(kinds == ["undisturbed", "recovered", "notRecovered", "unheard", "tooShort"])
  }

  // MARK: Fail-over

  @Test("The first answer after a move is found as if all samples were there")
  func firstAnswer() throws {
    let run = HandMadeRun.unplugged()
    let split = TrialEntries.all(in: run.journal.entries)
    let entries = try #require(split.trials[1])
    let began = try #require(run.journal.began)
    let record = TrialRecord(entries, began: began, observed: nil, isOpen: true)
    let vm = run.fleet.vms[0]
    var move = try #require(Move(vm, placement: Placement(vm, in: record), in: record))
    var random = SplitMix64(state: 10)
    var found = 0
    for number in 0..<3000 {
      move.isHit = Bool.random(using: &random)
      move.moved =
        Bool.random(using: &random)
        ? nil
        : Placement.Segment(
          host: "dauntless", state: .running, what: Bool.random(using: &random) ? "migrated" : "started",
          begin: s(11), end: s(90), uncertainty: .milliseconds(10))
      let samples = (0..<150 as Range<Int64>).map { number in
        let verdict = [.ok, .ok, .fail, .unknown].randomElement(using: &random) ?? Sample.Verdict.ok
        return Self.sample(
          number + 1, due: s(9) + .milliseconds(50) * number,
          took: .milliseconds(.random(in: 1...1500, using: &random)), verdict,
          boot: verdict == .ok
            ? [nil, "a", "a", number > 60 ? "b" : "a"].randomElement(using: &random) ?? nil : nil)
      }
      var fold = FirstAnswerFold(move)
      for sample in samples { fold.take(sample) }
      fold.end()
      #expect(fold.found == Self.answer(samples, move), "case \(number)")
      if fold.found != nil { found += 1 }
    }
    #expect(found > 500 && found < 3000)
  }

  /// The definition, of all samples at once.
  private static func answer(_ samples: [Sample], _ move: Move) -> Interval? {
    let effective = move.effective
    let old = samples.last { $0.verdict == .ok && $0.boot != nil && $0.completed < effective.low }?.boot
    let index = samples.indices.first { index in
      let sample = samples[index]
      guard sample.verdict == .ok, sample.completed >= effective.low else { return false }
      if let old, let boot = sample.boot, boot != old { return move.isHit || move.moved != nil }
      guard let moved = move.moved, sample.scheduled >= moved.begin - moved.uncertainty else { return false }
      return old == nil || sample.boot == nil || moved.what.contains("migrated")
    }
    guard let index else { return nil }
    let before = samples[..<index].last { $0.verdict != .unknown }
    return Interval(
      estimate: samples[index].scheduled, low: before?.scheduled ?? effective.low,
      high: samples[index].completed)
  }

  // MARK: Trials

  @Test("A trial's metrics are the same with what still counts of the trials before it as with all of them")
  func carriedEntries() throws {
    var random = SplitMix64(state: 11)
    for number in 0..<60 {
      var run = HandMadeRun.unplugged()
      for trial in 2...4 {
        let base = 200.0 * Double(trial - 1)
        for entry in HandMadeRun.unplugged().events where entry.trial == 1 {
          var event = entry.event
          if case .leaseEffective(var effect) = event {
            effect.at = effect.at + s(base)
            event = .leaseEffective(effect)
          }
          if case .leaseReverted(var end) = event {
            end.at = end.at + s(base)
            event = .leaseReverted(end)
          }
          run.events.append(Entry(at: entry.at + s(base), trial: trial, event: event))
        }
      }
      for _ in 0..<80 {
        let at = Double.random(in: 0..<800, using: &random)
        let trial = Int(at / 200) + 1
        run.at(at, trial: trial, Self.event(at, &random))
      }
      run.events.sort { ($0.at, $0.trial) < ($1.at, $1.trial) }
      let entries = run.journal.entries
      let began = try #require(run.journal.began)
      let split = TrialEntries.all(in: entries).trials
      for trial in 1...4 {
        let carried = try #require(split[trial])
        let whole = TrialEntries(
          number: trial, before: entries.filter { $0.trial < trial }, own: carried.own)
        func metrics(_ entries: TrialEntries) -> TrialMetrics {
          var fold = TrialFold(entries, began: began, bands: [:])
          let (record, probes) = fold.end()
          return TrialMetrics(record, probes, of: .completed)
        }
        #expect(metrics(carried) == metrics(whole), "case \(number), trial \(trial)")
      }
    }
  }

  private static func event(_ at: Double, _ random: inout SplitMix64) -> Event {
    let host = ["dauntless", "excelsior", "falco"].randomElement(using: &random) ?? "falco"
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      return .viewSeen(
        view: "storage",
        .storage(
          Bool.random(using: &random)
            ? StorageState(
              bricksOnline: .random(in: 1...3, using: &random), bricks: 3, peersConnected: 2, peers: 2,
              splitBrain: .random(in: 0...1, using: &random)) : StorageState(unknown: "no answer")),
        from: host)
    case 1:
      var state = ManagerState(quorate: true)
      for host in ["dauntless", "excelsior", "falco"] {
        state.nodes[host] = Bool.random(using: &random) ? "online" : "offline"
      }
      return .viewSeen(view: "manager", .manager(state), from: host)
    case 2:
      return .domainSeen(
        DomainSeen(
          host: host, domain: "web-domain", state: Bool.random(using: &random) ? .running : .off,
          what: "seen",
          at: s(at), uncertainty: .milliseconds(1)))
    case 3: return .hostLost(host: host, reason: "")
    default: return .hostRegained(host: host)
    }
  }
}
