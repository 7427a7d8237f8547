import Journal
import Scenario
import Testing

@testable import murphy_bench

/// The comparison of outages that were made with what a probe reports, for a probe that sends every 10 ms.
struct OutageJudgementTests {
  private let probe = Fleet.Probe(
    name: "tcp", kind: .tcp, target: "tcp://192.0.2.2:80", every: .milliseconds(10),
    timeout: .milliseconds(250))

  /// Samples for this time, in milliseconds. Those that were due in a range fail after the timeout, the others are answered
  /// after `answer` milliseconds.
  private func samples(until end: Int64, failing ranges: [Range<Int64>] = [], answer: Int64 = 1) -> [Sample] {
    (0..<end / 10).map { number in
      let due = number * 10
      let isFailed = ranges.contains { $0.contains(due) }
      return Sample(
        trial: 1, probe: "tcp", sequence: number + 1, scheduled: .milliseconds(due), sent: .milliseconds(due),
        completed: .milliseconds(due + (isFailed ? 250 : answer)), verdict: isFailed ? .fail : .ok,
        status: isFailed ? "timeout" : "open")
    }
  }

  /// An outage between these milliseconds.
  private func outage(_ began: Int64, _ ended: Int64) -> TrueOutage {
    TrueOutage(
      began: began * 1_000_000...began * 1_000_000, ended: ended * 1_000_000...ended * 1_000_000)
  }

  private func line(_ samples: [Sample], _ outages: TrueOutage...) -> OutageJudgement.Line {
    .init(probe, samples: samples, against: outages)
  }

  @Test("A report whose bounds contain the true length is right, and any other is wrong")
  func bounds() {
    let samples = samples(until: 2000, failing: [500..<900])
    #expect(line(samples, outage(496, 897)).right == 1)
    #expect(line(samples, outage(496, 1300)).wrong == 1)
    #expect(line(samples, outage(496, 510)).wrong == 1)
    #expect(line(samples).invented == 1)
  }

  @Test("An outage in which a request was answered is missed")
  func missed() {
    let line = line(samples(until: 1000), outage(496, 530))
    #expect(line.missed == 1 && line.unseen == 0)
  }

  @Test("An outage between two requests is unseen, also if its request may have been sent after its end")
  func unseen() {
    #expect(line(samples(until: 1000), outage(501, 509)).unseen == 1)
    // The request was due at 510 ms and answered at 518 ms.
    #expect(line(samples(until: 1000, answer: 8), outage(501, 517)).unseen == 1)
    #expect(line(samples(until: 1000, answer: 8), outage(501, 519)).missed == 1)
  }

  @Test("Estimates whose median error is half an interval or more are refused")
  func precision() {
    let starts = (1...100).map { Int64($0) * 1000 }
    let samples = samples(until: 102_000, failing: starts.map { $0..<$0 + 100 })
    for (length, isTrue) in [(Int64(98), true), (91, false)] {
      let line = OutageJudgement.Line(
        probe, samples: samples, against: starts.map { outage($0, $0 + length) })
      #expect(line.right == 100)
      #expect(OutageJudgement([line]).isTrue == isTrue)
    }
  }
}
