import Journal
import Scenario
import Testing

@testable import Metrics

@Suite struct BlindnessTests {
  static let hostDown = Verdict.Complaint(name: "HostDown", labels: ["instance": "falco:9100"])

  /// Website fails from 20 s to 40 s, with a probe every 100 ms; the alerts, queried every second, at these times.
  private func trial(
    _ sights: [(Double, Verdict)], outage: String = o(200) + r(200) + o(600), storage: [(Double, Int)] = []
  ) -> TrialMetrics {
    var run = HandMadeRun.unplugged()
    run.watchAlerts()
    run.samples(outage)
    run.samples(o(1000), of: "writes")
    run.at(0, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(3))))
    for (at, bricks) in storage {
      run.at(at, .viewSeen(view: "storage", .storage(StorageMetricsTests.state(bricks))))
    }
    for (at, verdict) in sights { run.at(at, .viewSeen(view: "alerts", .verdict(verdict))) }
    run.events.sort { $0.at < $1.at }
    return run.trial
  }

  private func blindness(_ trial: TrialMetrics) throws -> Blindness {
    try #require(trial.blindness?.first { $0.view == "alerts" })
  }

  @Test("Monitoring is blind from the outage's start to its first complaint")
  func blind() throws {
    let found = try blindness(
      trial([(0, Verdict()), (28, Verdict(complaints: [Self.hostDown])), (45, Verdict())]))
    // Last ok due at 19.9 s, first failure due at 20 s and done at 20.001 s; the complaint came after 27 s.
    #expect(found.blind == measured(8, 27 - 20.001, 28 - 19.9))
    // 8 s of 20 s.
    #expect(found.blindPerMillion == 400_000)
    #expect(found.down == measured(20, 39.9 - 20.001, 40.002 - 19.9))
    #expect(found.silent == .measured(.zero))
    #expect(found.periods == [.init(begin: s(20), end: s(28))])
  }

  @Test("The oldest data behind a blind report are named, and the age by which a failure was shown")
  func age() throws {
    var complaint = Verdict(complaints: [Self.hostDown])
    complaint.age = s(2)
    let trial = trial([
      (0, Verdict(age: s(90))), (5, Verdict(age: s(1))), (25, Verdict(age: s(6))), (28, complaint),
      (45, Verdict()),
    ])
    let found = try blindness(trial)
    #expect(found.blind == measured(8, 27 - 20.001, 28 - 19.9))
    #expect(found.oldest == s(6))
    #expect(trial.detections.first { $0.view == "alerts" }?.age == s(2))
    #expect(trial.ages?.map(\.oldest) == [s(90)])
  }

  @Test("A complaint during the fault is not a false alarm, and one long after it is")
  func falseAlarm() throws {
    let found = try blindness(
      trial([(0, Verdict()), (28, Verdict(complaints: [Self.hostDown])), (70, Verdict())]))
    // The fault was over at 50.5 s +- 10 ms, the complaint between 69 s and 70 s.
    #expect(found.falseAlarm == measured(70 - 50.5, 69 - 50.51, 70 - 50.49))
    #expect(found.falseAlarms == [.init(begin: s(50.5), end: s(70))])
  }

  @Test("While storage isn't whole, a complaint is not a false alarm")
  func healing() throws {
    let found = try blindness(
      trial(
        [(0, Verdict()), (28, Verdict(complaints: [Self.hostDown])), (70, Verdict())],
        storage: [(12, 2), (75, 3)]))
    #expect(found.falseAlarm == .measured(.zero))
  }

  @Test("Monitoring without any answer is silent, not blind")
  func silent() throws {
    let found = try blindness(trial([(0, Verdict()), (15, Verdict(unknown: "no answer")), (50, Verdict())]))
    #expect(found.blind == .measured(.zero))
    #expect(found.silent.interval?.estimate == s(20))
    #expect(found.noReport == measured(35, 34, 36))
  }

  @Test(
    "Blindness is censored if the outage doesn't end and the view never complains")
  func open() throws {
    let endless = o(200) + r(800)
    let found = try blindness(trial([(0, Verdict())], outage: endless))
    #expect(found.blind == .censored(moreThan: s(99.9 - 20.001)))
    #expect(found.blindPerMillion == nil)
    let complaining = try blindness(
      trial([(0, Verdict()), (28, Verdict(complaints: [Self.hostDown]))], outage: endless))
    #expect(complaining.blind.interval?.estimate == s(8))
  }

  @Test("Samples that are all unknown between two answers widen only the upper bound")
  func unknown() throws {
    let hidden = o(100) + String(repeating: "u", count: 50) + o(850)
    let found = try blindness(trial([(0, Verdict())], outage: hidden))
    let interval = try #require(found.blind.interval)
    #expect(interval.estimate == .zero && interval.low == .zero && interval.high == s(15.002 - 9.9))
  }

  @Test("A view without reports, or probes without results, give no value")
  func nothing() throws {
    #expect(try blindness(trial([])).blind == .notObserved(reason: "the view reported nothing"))
    var run = HandMadeRun.unplugged()
    run.watchAlerts()
    run.at(0, .viewSeen(view: "alerts", .verdict(Verdict())))
    run.events.sort { $0.at < $1.at }
    #expect(try blindness(run.trial).blind == .notObserved(reason: "no probe had a result"))
  }

  @Test(
    "A complaint about the broken host, or about a service, is a detection; one about another host is not")
  func detection() {
    func shown(_ complaint: Verdict.Complaint) -> String? {
      trial([(0, Verdict()), (14, Verdict(complaints: [complaint])), (45, Verdict())]).detections.first {
        $0.view == "alerts"
      }?.shown
    }
    #expect(shown(Self.hostDown) == "HostDown")
    #expect(shown(.init(name: "WebsiteDown", labels: ["instance": "http://10.77.2.101/"])) == "WebsiteDown")
    #expect(shown(.init(name: "HostDown", labels: ["instance": "excelsior:9100"])) == nil)
  }

  @Test("Objectives judge blindness and false alarms")
  func objectives() {
    let trial = trial([(0, Verdict()), (28, Verdict(complaints: [Self.hostDown])), (45, Verdict())])
    func verdict(_ metric: Metric, _ limit: Double) -> ObjectiveResult.Verdict {
      ObjectiveResult(
        Objective(subject: "alerts", metric: metric, relation: .max, limit: s(limit).count), in: trial
      ).verdict
    }
    #expect(verdict(.blindness, 9) == .met && verdict(.blindness, 5) == .missed)
    #expect(verdict(.blindness, 8) == .undecided)
    #expect(verdict(.falseAlarm, 0) == .met)
  }
}
