import History
import Metrics
import Scenario
import Statistics
import Testing

@testable import Comparison

struct SideComparisonTests {
  private func compare(
    _ base: HandMadeSide, _ candidate: HandMadeSide, factors: [String] = []
  ) throws -> SideComparison {
    SideComparison(try base.side, try candidate.side, factors: factors)
  }

  @Test("Five trials that are all longer by more than the margin are worse")
  func worse() throws {
    let comparison = try compare(HandMadeSide([10, 11, 10, 12, 11]), HandMadeSide([20, 21, 19, 20, 22]))
    #expect(comparison.verdict == .worse)
    #expect(comparison.isUnacceptable)
    let evidence = try #require(comparison.primary?.evidence[.worse])
    #expect(evidence.against == 0)
    #expect(evidence.pairs == 25)
    // The margin is the declared 10 %, plus the assumed difference of 10 % between separate runs.
    #expect(comparison.primary?.margin == Margin(relative: 0.2, absolute: 200_000_000))
    #expect(comparison.design == .separate(allowance: 0.1, isAssumed: true))
  }

  @Test("The phase with the greatest difference is named")
  func phase() throws {
    let comparison = try compare(HandMadeSide([10, 11, 10, 12, 11]), HandMadeSide([20, 21, 19, 20, 22]))
    #expect(comparison.changedPhase?.until == .serviceBack)
  }

  @Test("The named phase changed in the direction of the metric, and is a part of it")
  func phaseOfMetric() throws {
    let comparison = try compare(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([10, 11, 10, 12, 11]))
    let metric = try #require(comparison.primary)
    func phase(_ kind: Milestone.Kind, _ base: Int64, _ candidate: Int64) -> PhaseDifference {
      PhaseDifference(until: kind, base: .seconds(base), candidate: .seconds(candidate))
    }
    // The fault ends at a planned time, so it is later after the return of the service that came earlier.
    let phases = [
      phase(.detected, 8, 4), phase(.serviceBack, 52, 26), phase(.faultOver, 30, 60),
      phase(.fullRedundancy, 90, 2),
    ]
    #expect(PhaseDifference.greatest(phases, of: metric)?.until == .serviceBack)
    #expect(PhaseDifference.greatest([phase(.serviceBack, 26, 52)], of: metric) == nil)
    let equal = try compare(HandMadeSide([10, 20, 30, 11, 25]), HandMadeSide([12, 19, 28, 14, 26]))
    #expect(equal.changedPhase == nil)
  }

  @Test(
    "Runs of the same scenario, fleet and probes that are in no side are other runs, refused ones are not")
  func others() throws {
    let comparison = try compare(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([10, 11, 10, 12, 11]))
    let conditions = comparison.base.runs[0].conditions[0]
    func record(_ name: String, _ outcome: RunVerdict.Outcome = .met, probes: String = "p") -> RunRecord {
      var own = conditions
      own.digests["probes"] = probes
      own.fingerprints = [:]
      return RunRecord(
        name: name, folder: name, began: 0, scenario: "by-hand", title: "", fleet: "tdf", outcome: outcome,
        exitCode: 0, trials: 3, results: [], conditions: own)
    }
    let records = [record("run"), record("b"), record("a"), record("c", .refused), record("d", probes: "q")]
    #expect(comparison.others(among: records) == ["a", "b"])
    // Also a run whose settings took turns is another one, once.
    var (twice, foreign) = (
      HandMadeSide.alternated([.down(20), .down(21)], [.down(10), .down(11)]),
      HandMadeSide.alternated([.down(20), .down(21)], [.down(10), .down(11)])
    )
    (twice.name, foreign.name) = ("aa", "ab")
    foreign.digests["probes"] = "q"
    let alternated = try [twice, foreign].map { try #require(try $0.alternated) }
    #expect(comparison.others(among: records, and: alternated) == ["a", "aa", "b"])
  }

  @Test("Shorter times are better, and equal times are no regression")
  func better() throws {
    #expect(
      try compare(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([10, 11, 10, 12, 11])).verdict == .better)
    #expect(
      try compare(HandMadeSide([10, 10, 10, 10]), HandMadeSide([10, 10, 10, 10])).verdict == .noRegression)
    #expect(try compare(HandMadeSide([0, 0, 0, 0]), HandMadeSide([0, 0, 0, 0])).verdict == .noRegression)
  }

  @Test("Three trials a side can't show that the candidate is worse, but can suggest it")
  func suggestive() throws {
    #expect(
      try compare(HandMadeSide([10, 11, 10]), HandMadeSide([30, 31, 30])).verdict == .suggestive(.worse))
  }

  @Test("Values that overlap are inconclusive, with the number of trials that would decide")
  func inconclusive() throws {
    let comparison = try compare(HandMadeSide([10, 20, 30, 11, 25]), HandMadeSide([12, 19, 28, 14, 26]))
    // The claim with the fewest pairs against it is "no regression": 14 of 25, more than half, so no number shows it.
    #expect(comparison.verdict == .inconclusive(values: nil))
    #expect(!comparison.isDecided)
    // No pair contradicts "better", but three trials a side can't show it: four can.
    let few = try compare(HandMadeSide([30, 31, 30]), HandMadeSide([10, 11, 10]))
    #expect(few.primary?.valuesToShow() == 4)
  }

  @Test("Fewer than three trials with a value, or too many void ones, are refused")
  func refused() throws {
    #expect(
      try compare(HandMadeSide([10, 11]), HandMadeSide([10, 11, 12])).verdict
        == .refused(.tooFew(base: 2, candidate: 3)))
    let void = HandMadeSide(trials: [.down(10), .down(11), .down(10), .void, .void])
    #expect(
      try compare(HandMadeSide([10, 11, 10, 12, 11]), void).verdict
        == .refused(.tooManyVoid(base: 0, candidate: 2)))
    let one = HandMadeSide(trials: [.down(10), .down(10), .down(10), .down(10), .void])
    #expect(try compare(HandMadeSide([10, 10, 10, 10]), one).verdict == .noRegression)
    var without = HandMadeSide([10, 10, 10])
    without.objectives = []
    #expect(try compare(without, without).verdict == .refused(.noPrimary))
  }

  @Test("A candidate that lost a write is worse, with any times")
  func lostWrite() throws {
    let lost = HandMadeSide(trials: [.down(5), .down(5), .lost(5), .down(5), .down(5)])
    let comparison = try compare(HandMadeSide([20, 21, 19, 20, 22]), lost)
    #expect(comparison.verdict == .worseBySafety)
    #expect(comparison.safety == [SideComparison.SafetyCount(kind: .lostWrites, base: 0, candidate: 1)])
    #expect(try compare(lost, HandMadeSide([5, 5, 5, 5, 5])).verdict == .noRegression)
  }

  @Test("A candidate with damage must not be accepted, also if the base has the same damage")
  func damageOnBothSides() throws {
    let lost: [HandMadeSide.Trial] = [.down(20), .down(21), .lost(19), .down(20), .down(22)]
    let better: [HandMadeSide.Trial] = [.down(10), .down(11), .lost(10), .down(12), .down(11)]
    let both = try compare(HandMadeSide(trials: lost), HandMadeSide(trials: better))
    #expect(both.verdict == .better)
    #expect(both.isUnacceptable)
    let refused = try compare(HandMadeSide(trials: [.lost(20)]), HandMadeSide(trials: [.lost(10)]))
    #expect(refused.isRefused && refused.isUnacceptable)
    let repaired = try compare(HandMadeSide(trials: lost), HandMadeSide([10, 11, 10, 12, 11]))
    #expect(repaired.verdict == .better)
    #expect(!repaired.isUnacceptable)
  }

  @Test("The pairs that support a claim are those that its test counts, each with its trials")
  func pairs() throws {
    let comparison = try compare(
      HandMadeSide(trials: [.down(10), .void, .down(20), .down(30)]),
      HandMadeSide(trials: [.down(10), .down(30), .aborted(after: 6), .down(4)]))
    let metric = try #require(comparison.primary)
    let pairs = metric.pairs.flatMap { $0 }
    #expect(metric.pairs.count == 1 && pairs.count == 12)
    #expect(Set(pairs.map(\.base)) == [1, 3, 4] && Set(pairs.map(\.candidate)) == [1, 2, 3, 4])
    func claim(_ base: Int, _ candidate: Int) -> Claim? {
      pairs.first { $0.base == base && $0.candidate == candidate }?.claim
    }
    #expect(claim(1, 1) == .noRegression && claim(1, 2) == .worse && claim(1, 4) == .better)
    // A value without an upper bound decides nothing against a greater one.
    #expect(pairs.contains { $0.base == 4 && $0.candidate == 3 } && claim(4, 3) == nil)
    for (tested, claims) in [
      (Claim.worse, [Claim.worse]), (.better, [.better]), (.noRegression, [.better, .noRegression]),
    ] {
      let evidence = try #require(metric.evidence[tested])
      #expect(
        pairs.count { pair in pair.claim.map { claims.contains($0) } ?? false } == evidence.pairs
          - evidence.against)
    }
  }

  @Test("A trial that never recovers is counted as infinite")
  func censored() throws {
    let never = HandMadeSide(trials: Array(repeating: .neverBack, count: 5))
    #expect(try compare(HandMadeSide([10, 11, 10, 12, 11]), never).verdict == .worse)
    #expect(try compare(never, HandMadeSide([10, 11, 10, 12, 11])).verdict == .better)
  }

  @Test("A trial that a guard ended has no upper bound, and decides no claim by itself")
  func aborted() throws {
    let aborted = HandMadeSide(trials: [.aborted(after: 6)])
    let value = TrialValue(try aborted.side.trials[0], .downtime, of: "website")
    guard case .endedEarly(let bounds) = value else {
      Issue.record("\(value)")
      return
    }
    #expect(bounds.high == .infinity)
    #expect(bounds.low > 5e9 && bounds.low <= 6e9)
    let all = HandMadeSide(trials: Array(repeating: .aborted(after: 6), count: 5))
    #expect(try !compare(HandMadeSide([20, 21, 19, 20, 22]), all).isDecided)
  }

  @Test("A changed kernel that is not the declared factor confounds the comparison, and is named")
  func confounded() throws {
    let base = HandMadeSide([20, 21, 19, 20, 22])
    var candidate = HandMadeSide([10, 11, 10, 12, 11])
    candidate.fingerprint = ["kernel": "6.12", "gluster.vms.network.ping-timeout": "10"]
    let comparison = try compare(base, candidate, factors: ["ping-timeout"])
    #expect(comparison.verdict == .confounded)
    #expect(
      comparison.differences == [
        Difference(
          key: "gluster.vms.network.ping-timeout", base: ["42"], candidate: ["10"], isDeclared: true),
        Difference(key: "kernel", base: ["6.1"], candidate: ["6.12"], isDeclared: false),
      ])
    candidate.fingerprint["kernel"] = "6.1"
    #expect(try compare(base, candidate, factors: ["ping-timeout"]).verdict == .better)
    #expect(try compare(base, candidate).verdict == .confounded)
    candidate = HandMadeSide([10, 11, 10, 12, 11])
    candidate.digests["probes"] = "other"
    #expect(try compare(base, candidate).differences.map(\.key) == ["probes"])
  }

  @Test("Another limit is a difference, but another number of trials is not")
  func scenarios() throws {
    #expect(
      try compare(HandMadeSide([10, 10, 10, 10]), HandMadeSide([10, 10, 10, 10, 10])).differences.isEmpty)
    var other = HandMadeSide([10, 10, 10, 10])
    other.objectives[0].limit = 1
    #expect(
      try compare(HandMadeSide([10, 10, 10, 10]), other).differences.map(\.key) == ["scenario.objectives"])
  }

  @Test("Values that rise from trial to trial confound separate runs")
  func drift() throws {
    let comparison = try compare(
      HandMadeSide([10, 11, 12, 13, 14, 15]), HandMadeSide([30, 30, 30, 30, 30, 30]))
    #expect(comparison.verdict == .confounded)
    #expect(comparison.drifts.map(\.isShown) == [true, false])
  }

  @Test("The scenario declares the margin and the objective that decides")
  func declared() throws {
    let declaration = Scenario.Compare(percent: 150, absolute: .seconds(1), primary: "writes.lost")
    var (base, candidate) = (HandMadeSide([10, 11, 10, 12, 11]), HandMadeSide([20, 21, 19, 20, 22]))
    base.compare = declaration
    candidate.compare = declaration
    let comparison = try compare(base, candidate)
    #expect(comparison.primary?.key == "writes.lost")
    #expect(comparison.verdict == .noRegression)
    #expect(comparison.secondary.map(\.comparison.key) == ["website.downtime"])
    #expect(comparison.secondary[0].comparison.margin == Margin(relative: 1.6, absolute: 1_000_000_000))
    #expect(comparison.secondary[0].claims == [.noRegression])
  }
}
