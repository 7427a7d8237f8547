import AgentProtocol
import Journal
import Scenario
import Testing

@testable import Leases

/// The worker of a lease, act by act.
@Suite struct InjectionCourseTests {
  /// A worker's host, with the act that fails, and the reading at which the lease is over.
  private struct Host {
    var failing = ""
    var overAt = Int.max
    var undoFails = false
    var reads = 0
    var acts: [String] = []
    var reports: [String] = []

    mutating func follow(_ course: inout InjectionCourse, _ first: InjectionCourse.Act) {
      var act = first
      while true {
        let name = "\(act)".prefix { $0.isLetter }
        if case .rest = act { return }
        acts.append(String(name))
        let event: InjectionCourse.Event
        switch act {
        case .readLease:
          reads += 1
          event = .lease(isOver: reads >= overAt)
        case .awaitEffect where failing != "awaitEffect": event = .effective(.seen)
        case .undo: event = undoFails ? .failed("busy") : .undone(residue: [])
        case .report(let report):
          reports.append(Self.words(report))
          event = .done
        default: event = failing == name ? .failed("no") : .done
        }
        act = course.handle(event)
      }
    }

    private static func words(_ report: InjectionCourse.Report) -> String {
      switch report {
      case .armed(nil): "armed"
      case .armed(.some(let failure)): "not armed: \(failure)"
      case .injected(.success): "effective"
      case .injected(.failure(let failure)): "not effective: \(failure)"
      }
    }
  }

  private func run(_ host: inout Host) {
    var course = InjectionCourse()
    host.follow(&course, course.arm())
    host.acts.append("-")
    host.follow(&course, course.inject())
  }

  @Test("A lease is recorded, guarded and prepared before it is injected, and observed before it is reported")
  func order() {
    var host = Host()
    run(&host)
    #expect(
      host.acts == [
        "record", "startWatchdog", "prepare", "readLease", "report", "-",
        "readLease", "announce", "inject", "awaitEffect", "readLease", "observe", "report", "note",
      ])
    #expect(host.reports == ["armed", "effective"])
  }

  @Test(
    "If any act of arming fails, the fault isn't injected", arguments: ["record", "startWatchdog", "prepare"])
  func failsArming(step: String) {
    var host = Host(failing: step)
    run(&host)
    #expect(!host.acts.contains("inject") && !host.acts.contains("announce"))
    #expect(host.reports == ["not armed: refused(\"no\")", "not effective: over"])
  }

  @Test("A fault whose injection can't be logged isn't injected")
  func failsAnnouncing() {
    var host = Host(failing: "announce")
    run(&host)
    #expect(!host.acts.contains("inject"))
    #expect(host.reports.last == "not effective: refused(\"no\")")
  }

  @Test("A lease that is over before the injection is undone and not injected")
  func overBefore() {
    var host = Host(overAt: 2)
    run(&host)
    #expect(!host.acts.contains("announce") && !host.acts.contains("inject"))
    #expect(host.acts.contains("undo"))
    #expect(host.reports == ["armed", "not effective: over"])
  }

  @Test("A fault that was armed or injected after the lease's end is undone", arguments: [1, 3])
  func late(reading: Int) {
    var host = Host(overAt: reading)
    run(&host)
    #expect(host.acts.contains("undo"))
    #expect(host.reports[reading == 1 ? 0 : 1].hasSuffix("over"))
    #expect(!host.acts.contains("observe"))
  }

  @Test("An injection that fails after the lease's end is undone too")
  func lateFailure() {
    var host = Host(failing: "inject", overAt: 3)
    run(&host)
    #expect(host.acts.contains("undo"))
  }

  @Test("An undo of a late act that fails leaves the lease in doubt", arguments: [1, 2, 3])
  func inDoubt(reading: Int) {
    var host = Host(overAt: reading, undoFails: true)
    run(&host)
    #expect(host.reports.contains { $0.hasSuffix("inDoubt(\"busy\")") })
  }

  @Test("An injection is in doubt from its begin until its effect is confirmed")
  func doubt() {
    for (failing, isInDoubt) in [("announce", false), ("inject", true), ("awaitEffect", true), ("", false)] {
      var host = Host(failing: failing)
      var course = InjectionCourse()
      host.follow(&course, course.arm())
      host.follow(&course, course.inject())
      #expect(course.isInDoubt == isInDoubt, "\(failing)")
    }
  }

  /// The acts of a revert whose undos succeed.
  private func acts(
    after failure: LeaseFailure, isInDoubt: Bool = true, isByDaemon: Bool
  ) throws -> [String] {
    var course = RevertCourse()
    course.take(
      try #require(
        RevertCourse.Failure(
          .injected(.failure(failure)), isInDoubt: isInDoubt, isByDaemon: isByDaemon)))
    var acts: [String] = []
    var act = course.begin(.agent, nothing: nil)
    while true {
      acts.append(String("\(act)".prefix { $0.isLetter }))
      switch act {
      case .observe: act = course.handle(.observed(nil))
      case .undo: act = course.handle(.undone(residue: []))
      case .pause(let span):
        #expect(span == .seconds(1))
        act = course.handle(.paused)
      case .note: act = course.handle(.noted)
      case .revert, .report: return acts
      }
    }
  }

  @Test("A failed injection that a daemon may still perform is undone once a second for 35 s")
  func daemonsDoubt() throws {
    let acts = try acts(after: .refused("not seen"), isByDaemon: true)
    #expect(acts.filter { $0 == "undo" }.count == 35 && acts.filter { $0 == "pause" }.count == 34)
    #expect(acts.suffix(3) == ["undo", "note", "revert"])
    #expect(try self.acts(after: .over, isInDoubt: false, isByDaemon: true) == ["observe", "note", "revert"])
  }

  @Test("A failed injection of the agent's own is over when it has failed")
  func ownDoubt() throws {
    #expect(try acts(after: .refused("no"), isByDaemon: false) == ["observe", "note", "revert"])
    #expect(try acts(after: .inDoubt("busy"), isByDaemon: false) == ["observe", "undo", "note", "revert"])
    #expect(RevertCourse.Failure(.armed(nil), isInDoubt: false, isByDaemon: true) == nil)
  }

  @Test("Only the first observation counts, and doubt is undone until that succeeds")
  func reverts() throws {
    var course = RevertCourse()
    let revert = Revert(at: .seconds(30), cause: .stdin, residue: [], boot: "b1")
    course.take(
      try #require(RevertCourse.Failure(.armed(.inDoubt("busy")), isInDoubt: false, isByDaemon: true)))
    guard case .observe = course.begin(.stdin, nothing: nil) else {
      Issue.record("it does not observation")
      return
    }
    let observation = LastObservation(lastActive: .seconds(20))
    guard case .undo = course.handle(.observed(observation)) else {
      Issue.record("doubt is not undone")
      return
    }
    guard case .report(.failure) = course.handle(.undone(residue: ["x"])) else {
      Issue.record("residue is taken for success")
      return
    }
    guard case .undo = course.begin(.stdin, nothing: nil) else {
      Issue.record("it looks again, or forgets the doubt")
      return
    }
    guard case .revert(.stdin, let after) = course.handle(.undone(residue: [])) else {
      Issue.record("it does not revert")
      return
    }
    #expect(after == observation)
    guard case .report(.success(revert)) = course.handle(.reverted(revert)) else {
      Issue.record("a success is not reported")
      return
    }
    guard case .revert = course.begin(.stdin, nothing: nil) else {
      Issue.record("a doubt that was undone is undone again")
      return
    }
  }

  @Test("With no lease on the disk there is nothing to revert")
  func nothing() {
    var course = RevertCourse()
    let nothing = Revert(at: .seconds(3), cause: .agent, residue: [], boot: "b1")
    guard case .report(.success(nothing)) = course.begin(.agent, nothing: nothing) else {
      Issue.record("it acts without a lease")
      return
    }
  }
}
