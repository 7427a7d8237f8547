import Scenario
import Testing

@testable import Metrics

@Suite struct RecoveryPhaseTests {
  private static func time(_ estimate: Int64, _ low: Int64, _ high: Int64) -> Span {
    .measured(Interval(estimate: .seconds(estimate), low: .seconds(low), high: .seconds(high)))
  }

  @Test("A part lasts from the previous milestone to its own, and its bounds come from both")
  func lengths() {
    let phases = RecoveryPhase.all([
      Milestone(kind: .detected, time: Self.time(8, 7, 9)),
      Milestone(kind: .failedOver, time: Self.time(60, 58, 61)),
      Milestone(kind: .serviceBack, time: Self.time(60, 60, 61)),
      Milestone(kind: .faultOver, time: Self.time(90, 90, 90)),
    ])
    #expect(
      phases == [
        RecoveryPhase(kind: .detection, begin: .zero, length: Self.time(8, 7, 9)),
        // At least from 9 to 58, at most from 7 to 61.
        RecoveryPhase(kind: .failOver, begin: .seconds(8), length: Self.time(52, 49, 54)),
        // If the bounds of two milestones overlap, the second may have followed immediately.
        RecoveryPhase(kind: .serviceReturn, begin: .seconds(60), length: Self.time(0, 0, 3)),
        RecoveryPhase(kind: .faultEnd, begin: .seconds(60), length: Self.time(30, 29, 30)),
      ])
  }

  @Test("The return of a service that the fault's end may have caused comes after the fault's end")
  func fault() {
    let phases = RecoveryPhase.all([
      Milestone(kind: .serviceBack, time: Self.time(29, 28, 31)),
      Milestone(kind: .stable, time: Self.time(29, 29, 31)),
      Milestone(kind: .faultOver, time: Self.time(30, 30, 30)),
    ])
    #expect(phases.map(\.kind) == [.faultEnd, .serviceReturn, .returnToNormal])
    #expect(phases[0].length == Self.time(30, 30, 30))
    #expect(phases[1].length == Self.time(0, 0, 1) && phases[1].begin == .seconds(29))
    let before = RecoveryPhase.all([
      Milestone(kind: .serviceBack, time: Self.time(20, 19, 21)),
      Milestone(kind: .faultOver, time: Self.time(30, 30, 30)),
    ])
    #expect(before.map(\.kind) == [.serviceReturn, .faultEnd])
  }

  @Test("A part whose end was not observed is longer than its observation, and doesn't begin another part")
  func censored() {
    let phases = RecoveryPhase.all([
      Milestone(kind: .detected, time: Self.time(8, 7, 9)),
      Milestone(kind: .failedOver, time: .censored(moreThan: .seconds(150))),
      Milestone(kind: .fullRedundancy, time: .censored(moreThan: .seconds(5))),
    ])
    #expect(phases.map(\.kind) == [.detection, .failOver, .resync])
    #expect(phases[1].length == .censored(moreThan: .seconds(141)) && phases[1].begin == .seconds(8))
    #expect(phases[2].length == .censored(moreThan: .zero))
  }
}
