import Journal
import Scenario
import Testing

@testable import Conductor

/// Views that every host is asked for.
@Suite struct EveryHostTests {
  private func manager(_ nodes: [String: String] = [:], quorate: Bool = true) -> Belief {
    .manager(ManagerState(quorate: quorate, nodes: nodes))
  }

  @Test("The run judges by one host; the change of that host is a change")
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

  @Test("A platform of which one host still believes that another is gone isn't well")
  func aside() {
    var views = PlatformViews(of: .tdf)
    _ = views.take(manager(), of: "manager", from: "dauntless")
    _ = views.take(
      .manager(ManagerState(unknown: "no crm_mon")), of: "manager", from: "excelsior", isAside: true)
    #expect(views.unwell("manager") == nil)
    _ = views.take(manager(["dauntless": "offline"]), of: "manager", from: "falco", isAside: true)
    #expect(views.unwell("manager") == "manager by falco: dauntless offline")
  }

  @Test("What a host believed is unknown once it doesn't answer, and that is in the journal")
  func lost() {
    let world = World(.rehearsal())
    world.run(until: .seconds(3))
    world.report(.view("manager", manager(["dauntless": "offline"]), from: "falco", isAside: true))
    world.report(.lost(host: "falco", "no answer"))
    let seen = world.journal.compactMap { entry -> (String?, Bool, String?)? in
      if case .viewSeen("manager", let belief, let from, let isAside) = entry.event {
        return (from, isAside, belief.unknown)
      }
      return nil
    }
    #expect(seen.last?.0 == "falco" && seen.last?.1 == true && seen.last?.2 == "falco doesn't answer")
  }

  @Test("A verdict about the host that gives it counts from whichever host it is")
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
