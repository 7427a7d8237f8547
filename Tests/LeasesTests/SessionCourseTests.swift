import AgentProtocol
import Journal
import Scenario
import Testing

@testable import Leases

/// A session's course: the effects of each request and each report.
@Suite struct SessionCourseTests {
  private static let revert = Revert(at: .seconds(30), cause: .controller, residue: [], boot: "b1")

  /// A session of run `r` with the host's lock.
  private func session() -> SessionCourse {
    var course = SessionCourse()
    course.begin("r")
    #expect(course.handle(.taken) == .own)
    return course
  }

  private func words(_ effects: [SessionCourse.Effect]) -> [String] {
    effects.map { effect in
      switch effect {
      case .send(.reply(let id, let reply)): "reply \(id) \("\(reply)".prefix { $0.isLetter })"
      case .send(.refusal(let id, _)): "refuse \(id)"
      case .send(.notice(let notice)): "notice \("\(notice)".prefix { $0.isLetter })"
      case .send: "send"
      case .prepare(let lease): "prepare \(lease)"
      case .inject(let lease, _): "inject \(lease)"
      case .revert(let lease, let cause): "revert \(lease) \(cause)"
      case .revertFromDisk(let id, let lease): "disk \(id) \(lease)"
      case .forget(let id, let lease): "forget \(id) \(lease)"
      case .followWatchdog(let lease): "follow \(lease)"
      case .revertAdopted: "adopted"
      case .release(let lease): "release \(lease)"
      case .exit: "exit"
      }
    }
  }

  private func refusals(_ effects: [SessionCourse.Effect]) -> [Refusal] {
    effects.compactMap { if case .send(.refusal(_, let refusal)) = $0 { refusal } else { nil } }
  }

  private func arm(_ id: Int, _ lease: String = "a", cuts: Bool = false) -> SessionCourse.Event {
    .arm(id: id, lease: lease, deadline: .seconds(100), cutsControlPath: cuts)
  }

  @Test("The records on disk are all of the run's only with the lock, and while no lease is being armed")
  func allRecords() {
    var late = SessionCourse()
    late.begin("r")
    #expect(late.handle(.held(byRun: "r")) == .supersede)
    #expect(!late.hasAllRecords)
    var course = session()
    #expect(course.hasAllRecords)
    _ = course.handle(arm(1), at: .seconds(2))
    #expect(!course.hasAllRecords)
    // The lease is reverted when it is armed, so its record still follows.
    _ = course.handle(.revert(id: 2, lease: "a"), at: .seconds(2))
    #expect(!course.hasAllRecords)
    _ = course.handle(.worker(lease: "a", .armed(nil)), at: .seconds(3))
    #expect(course.hasAllRecords)
  }

  @Test("Each request for a lease is answered, and the lease is released when it is reverted")
  func life() {
    var course = session()
    var log: [String] = []
    for event in [
      arm(1), .worker(lease: "a", .armed(nil)), .inject(id: 2, lease: "a", received: .seconds(1)),
      .worker(lease: "a", .injected(.success(.seen))), .revert(id: 3, lease: "a"),
      .revert(id: 4, lease: "a"), .reverted(lease: "a", .success(Self.revert)),
    ] { log += words(course.handle(event, at: .seconds(2))) }
    #expect(
      log == [
        "prepare a", "follow a", "reply 1 armed", "inject a", "reply 2 effective", "revert a controller",
        "reply 3 reverted", "reply 4 reverted", "release a",
      ])
    #expect(course.nextDue == nil)
  }

  @Test("A lease without a run, with a used name or beyond the limit is refused")
  func refusals() {
    var fresh = SessionCourse()
    let noRun = fresh.handle(arm(1), at: .zero)
    #expect(words(noRun) == ["refuse 1"] && refusals(noRun) == [.noRun])
    var course = session()
    _ = course.handle(arm(1), at: .zero)
    let second = course.handle(arm(2), at: .zero)
    #expect(words(second) == ["refuse 2"] && refusals(second) == [.leaseExists(lease: "a")])
    for number in 1..<SessionCourse.mostLeases { _ = course.handle(arm(3, "b\(number)"), at: .zero) }
    #expect(refusals(course.handle(arm(4, "c"), at: .zero)) == [.tooManyLeases(limit: 64)])
    // The first request has no reply yet.
    #expect(words(course.handle(.worker(lease: "a", .armed(nil)), at: .zero)).contains("reply 1 armed"))
  }

  @Test("A failed arming is answered when its undo has ended, and the name is free then")
  func failedArmIsUndone() {
    var course = session()
    _ = course.handle(arm(1), at: .zero)
    #expect(
      words(course.handle(.worker(lease: "a", .armed(.refused("no disk"))), at: .zero)) == ["revert a agent"])
    let failed = course.handle(.reverted(lease: "a", .success(Self.revert)), at: .zero)
    #expect(words(failed) == ["refuse 1", "notice reverted", "release a"])
    #expect(refusals(failed) == [.leaseFailed(lease: "a", reason: "no disk")])
    #expect(words(course.handle(arm(2), at: .zero)) == ["prepare a"])
    #expect(
      words(course.handle(.worker(lease: "a", .armed(nil)), at: .zero)) == ["follow a", "reply 2 armed"])
  }

  @Test("A failed arming that can't be undone is answered at once, and its undo is repeated")
  func failures() {
    var course = session()
    _ = course.handle(arm(1), at: .zero)
    #expect(
      words(course.handle(.worker(lease: "a", .armed(.refused("no disk"))), at: .zero))
        == ["revert a agent"])
    let failed = course.handle(.reverted(lease: "a", .failure(.refused("busy"))), at: .zero)
    #expect(words(failed) == ["refuse 1", "notice stuck"])
    #expect(refusals(failed) == [.leaseFailed(lease: "a", reason: "no disk")])
    #expect(words(course.handle(.tick, at: .seconds(1))) == ["revert a agent"])
    #expect(
      words(course.handle(.reverted(lease: "a", .success(Self.revert)), at: .seconds(1)))
        == ["notice reverted", "release a"])
  }

  @Test("A second request for the same injection is refused")
  func injectsOnce() {
    var course = session()
    _ = course.handle(arm(1), at: .zero)
    _ = course.handle(.worker(lease: "a", .armed(nil)), at: .zero)
    _ = course.handle(.inject(id: 2, lease: "a", received: .zero), at: .zero)
    #expect(
      refusals(course.handle(.inject(id: 3, lease: "a", received: .zero), at: .zero))
        == [.injectionRepeated(lease: "a")])
    #expect(
      words(course.handle(.worker(lease: "a", .injected(.success(.seen))), at: .zero))
        == ["reply 2 effective"])
  }

  @Test("A lease of another session is reverted by its record")
  func fromDisk() {
    var course = session()
    #expect(words(course.handle(.revert(id: 7, lease: "z"), at: .zero)) == ["disk 7 z"])
  }

  @Test("A record is deleted only by the session that has the host's lock")
  func forget() {
    var course = session()
    #expect(words(course.handle(.forget(id: 7, lease: "a"), at: .zero)) == ["forget 7 a"])
    var second = SessionCourse()
    second.begin("r")
    #expect(second.handle(.held(byRun: "r")) == .supersede)
    #expect(
      refusals(second.handle(.forget(id: 7, lease: "a"), at: .zero)) == [.otherSession(lease: "a")])
  }

  @Test("The end of stdin reverts the leases that don't cut the control path, before the adopted ones")
  func inputEnds() {
    var course = session()
    _ = course.handle(arm(1, "a"), at: .zero)
    _ = course.handle(arm(2, "b", cuts: true), at: .zero)
    for lease in ["a", "b"] { _ = course.handle(.worker(lease: lease, .armed(nil)), at: .zero) }
    #expect(words(course.handle(.inputEnded, at: .zero)) == ["revert a stdin", "adopted"])
    #expect(words(course.handle(.adoptedReverted, at: .zero)) == [])
    _ = course.handle(.reverted(lease: "a", .success(Self.revert)), at: .zero)
    #expect(words(course.handle(.tick, at: .seconds(100))) == ["revert b deadline"])
    #expect(
      words(course.handle(.reverted(lease: "b", .success(Self.revert)), at: .seconds(100))).last == "exit")
  }

  @Test("A session ends when its own leases and the adopted ones are reverted, in any order")
  func exits() {
    var idle = session()
    #expect(words(idle.handle(.inputEnded, at: .zero)) == ["adopted"])
    #expect(words(idle.handle(.tick, at: .seconds(1))) == [])
    #expect(words(idle.handle(.adoptedReverted, at: .seconds(2))).last == "exit")

    var course = session()
    _ = course.handle(arm(1), at: .zero)
    _ = course.handle(.worker(lease: "a", .armed(nil)), at: .zero)
    _ = course.handle(.inputEnded, at: .zero)
    #expect(
      !words(course.handle(.reverted(lease: "a", .success(Self.revert)), at: .zero)).contains("exit"))
    #expect(words(course.handle(.adoptedReverted, at: .zero)).last == "exit")
  }

  @Test("A session adopts leases of its run that have no other session and don't cut the control path")
  func adopts() {
    var course = session()
    _ = course.handle(arm(1, "a"), at: .zero)
    #expect(course.adopts("b", of: "r", cutsControlPath: false))
    #expect(!course.adopts("a", of: "r", cutsControlPath: false))
    #expect(!course.adopts("b", of: "q", cutsControlPath: false))
    #expect(!course.adopts("b", of: "r", cutsControlPath: true))
    var second = SessionCourse()
    second.begin("r")
    #expect(second.handle(.held(byRun: "r")) == .supersede)
    #expect(!second.adopts("b", of: "r", cutsControlPath: false))
  }

  @Test("A hello is refused while another run has the host, and the session has no run then")
  func otherRun() {
    for other in ["q", nil] {
      var course = SessionCourse()
      course.begin("r")
      #expect(course.handle(.held(byRun: other)) == .refuse)
      #expect(course.run == nil)
    }
  }

  @Test("A superseded session arms no lease, and reverts those that it has not injected")
  func supersededBeforeTheInjection() {
    var course = session()
    _ = course.handle(arm(1, "a"), at: .zero)
    _ = course.handle(arm(2, "b"), at: .zero)
    _ = course.handle(.worker(lease: "a", .armed(nil)), at: .zero)
    #expect(words(course.handle(.superseded, at: .zero)) == ["revert a agent"])
    #expect(refusals(course.handle(arm(3, "c"), at: .zero)) == [.controllerGone(lease: "c")])
    // Its record may be on disk by now.
    #expect(
      words(course.handle(.worker(lease: "b", .armed(nil)), at: .zero))
        == ["follow b", "reply 2 armed", "revert b agent"])
  }

  @Test("A superseded session keeps its active faults, and ends with the last one")
  func superseded() {
    var course = session()
    _ = course.handle(arm(1), at: .zero)
    _ = course.handle(.worker(lease: "a", .armed(nil)), at: .zero)
    _ = course.handle(.inject(id: 2, lease: "a", received: .zero), at: .zero)
    _ = course.handle(.worker(lease: "a", .injected(.success(.seen))), at: .zero)
    #expect(words(course.handle(.superseded, at: .zero)).isEmpty)
    _ = course.handle(.inputEnded, at: .zero)
    #expect(words(course.handle(.adoptedReverted, at: .zero)).isEmpty)
    #expect(words(course.handle(.tick, at: .seconds(100))) == ["revert a deadline"])
    #expect(
      words(course.handle(.reverted(lease: "a", .success(Self.revert)), at: .seconds(100))).last == "exit")
  }

  @Test("A superseded session whose last lease was reverted by the newer one ends before the deadline")
  func revertedByTheNewerSession() {
    var course = session()
    _ = course.handle(arm(1), at: .zero)
    _ = course.handle(.worker(lease: "a", .armed(nil)), at: .zero)
    _ = course.handle(.inject(id: 2, lease: "a", received: .zero), at: .zero)
    _ = course.handle(.worker(lease: "a", .injected(.success(.seen))), at: .zero)
    _ = course.handle(.superseded, at: .zero)
    _ = course.handle(.inputEnded, at: .zero)
    _ = course.handle(.adoptedReverted, at: .zero)
    #expect(words(course.handle(.revertLogged(lease: "a"), at: .zero)) == ["revert a controller"])
    #expect(words(course.handle(.reverted(lease: "a", .success(Self.revert)), at: .zero)).last == "exit")
  }
}
