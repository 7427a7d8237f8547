import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// Views that are queried on every host.
@Suite struct EveryHostTests {
  private func manager(_ nodes: [String: String] = [:], quorate: Bool = true) -> Belief {
    .manager(ManagerState(quorate: quorate, nodes: nodes))
  }

  @Test("A run uses the belief of one host, and a change of that host is recorded")
  func source() {
    var views = PlatformViews(of: .tdf)
    let first = views.take(manager(["falco": "offline"]), of: "manager", from: "dauntless")
    let aside = views.take(manager(["dauntless": "offline"]), of: "manager", from: "falco", isAside: true)
    let again = views.take(manager(["dauntless": "offline"]), of: "manager", from: "falco", isAside: true)
    #expect(first && aside && !again)
    #expect(views.sees("manager", "falco", .down) && !views.sees("manager", "dauntless", .down))
    let same = views.take(manager(["falco": "offline"]), of: "manager", from: "dauntless")
    let other = views.take(manager(["falco": "offline"]), of: "manager", from: "excelsior")
    #expect(!same && other)
  }

  @Test("A platform isn't healthy while one host believes that another is gone")
  func aside() {
    var views = PlatformViews(of: .tdf)
    _ = views.take(manager(), of: "manager", from: "dauntless")
    _ = views.take(
      .manager(ManagerState(unknown: "no crm_mon")), of: "manager", from: "excelsior", isAside: true)
    #expect(views.unwell("manager") == nil)
    _ = views.take(manager(["dauntless": "offline"]), of: "manager", from: "falco", isAside: true)
    #expect(views.unwell("manager") == "manager by falco: dauntless offline")
    // The first of several by name.
    for host in ["excelsior", "falco"] {
      _ = views.take(manager([host: "offline"]), of: "manager", from: host, isAside: true)
    }
    #expect(views.unwell("manager") == "manager by excelsior: excelsior offline")
  }

  @Test("The belief of a host that doesn't answer is unknown, and the journal has this")
  func lost() throws {
    let rehearsal = Rehearsal(.rehearsal())
    // falco is unplugged shortly after this, and doesn't answer until its fault ends.
    rehearsal.simulation.platform.manager = { [unowned rehearsal] truth, host in
      guard host == "falco", rehearsal.story.contains("phase faults") else { return truth }
      return ManagerState(quorate: true, nodes: ["dauntless": "offline"])
    }
    rehearsal.run()
    let believed = rehearsal.journal.compactMap { entry -> Belief? in
      if case .viewSeen("manager", let belief, "falco", true) = entry.event { belief } else { nil }
    }
    let unknown = try #require(believed.firstIndex { $0.unknown == "falco doesn't answer" })
    #expect(believed[unknown - 1] == manager(["dauntless": "offline"]))
  }

  @Test(
    "A guest's heartbeat is asked on the host that runs it, and is unknown while that host doesn't answer")
  func guest() {
    var fleet = Fleet.tdf
    fleet.views.append(.init(name: "heartbeat", kind: .init("guest", ["domain": .string("web")])))
    let rehearsal = Rehearsal(.rehearsal([.unplug("cut", .at(.zero), .named("dauntless"))]), fleet)
    #expect(rehearsal.run() == .completed)
    #expect(Set(rehearsal.deeds.filter { $0.hasPrefix("query") }) == ["query dauntless web"])
    let beliefs = rehearsal.journal.compactMap { entry -> Belief? in
      if case .viewSeen("heartbeat", let belief, _, _) = entry.event { belief } else { nil }
    }
    #expect(beliefs.contains { $0.unknown == "dauntless, which runs web, doesn't answer" }, "\(beliefs)")
    #expect(beliefs.first?.unknown == nil, "\(beliefs)")
  }

  @Test("A verdict about the host that reports it counts for every host")
  func verdicts() {
    var views = PlatformViews(of: .tdf)
    _ = views.take(.verdict(Verdict(words: "OK")), of: "disks", from: "dauntless")
    #expect(!views.sees("disks", "anything", .down) && !views.sees("disks", "falco", .down))
    let full = Belief.verdict(Verdict(words: "full", complaints: [.init(name: "full")]))
    _ = views.take(full, of: "disks", from: "falco", isAside: true)
    #expect(views.sees("disks", "anything", .down) && views.sees("disks", "falco", .down))
    #expect(views.sees("disks", "host", .down) && !views.sees("disks", "dauntless", .down))
  }
}
