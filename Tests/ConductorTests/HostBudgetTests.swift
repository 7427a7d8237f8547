import Faults
import Scenario
import Testing

@testable import Conductor

extension Step {
  fileprivate static func drop(
    _ name: String, _ host: HostSelector, _ network: String, _ trigger: Trigger = .at(.zero),
    seconds: Int64 = 10
  ) -> Step {
    Step(
      name: name, trigger: trigger, fault: "link.drop", target: .link(host, network: network),
      duration: .seconds(seconds), parameters: ["mode": .word("carrier"), "direction": .word("both")])
  }
}

/// The number of hosts that a timeline takes at once, in the worst order that it allows.
@Suite struct HostBudgetTests {
  private func taken(_ timeline: [Step], _ fleet: Fleet = .tdf, broken: Set<String> = []) -> Int {
    let budget = HostBudget(.rehearsal(timeline), in: fleet, of: Catalogue.builtIn, broken: broken)
    #expect(budget.left <= fleet.hosts.count - max(budget.taken, broken.count))
    return budget.taken
  }

  // MARK: One host, several faults

  @Test("Both links of one host are one host", arguments: [HostSelector.named("falco"), .hostOf("web")])
  func bothLinks(_ host: HostSelector) {
    #expect(taken([.drop("one", host, "internal"), .drop("two", host, "external", seconds: 60)]) == 1)
  }

  @Test("Two random choices may be two hosts") func anyTwice() {
    #expect(taken([.drop("one", .any, "internal"), .drop("two", .any, "external")]) == 2)
  }

  @Test("The host of a machine may be another host for a later step") func hostOfLater() {
    #expect(
      taken([
        .drop("one", .hostOf("web"), "internal", seconds: 60),
        .drop("two", .hostOf("web"), "external", .at(.seconds(30))),
      ]) == 2)
  }

  @Test("A named host, a machine's host and a random host count as three, up to the number of hosts")
  func mixed() {
    let mixed: [Step] = [
      .unplug("one", .at(.zero), .named("falco")), .unplug("two", .at(.zero), .hostOf("web")),
      .unplug("three", .at(.zero), .any),
    ]
    #expect(taken(mixed) == 3)
    #expect(taken(mixed + [.unplug("four", .at(.zero), .any)]) == 3)
  }

  @Test("Only a fleet whose quorum is 0 may lose all of its hosts")
  func noQuorum() {
    var fleet = Fleet.tdf
    let all = Scenario.rehearsal(fleet.hosts.map { .unplug($0.name, .at(.zero), .named($0.name)) })
    for (quorum, isKept) in [(0, true), (1, false)] {
      fleet.quorum = quorum
      let budget = HostBudget(all, in: fleet, of: Catalogue.builtIn)
      #expect(budget.left == 0 && budget.isKept == isKept)
    }
  }

  @Test("A random host with a link counts as the named host if only that host has the link") func anyOfOne() {
    var fleet = Fleet.tdf
    for index in [0, 1] { fleet.hosts[index].links["internal"] = nil }
    let steps: [Step] = [.drop("one", .any, "internal"), .drop("two", .named("falco"), "external")]
    #expect(taken(steps, fleet) == 1)
    #expect(taken(steps) == 2)
  }

  @Test("A host that is already down isn't counted again when a fault takes it down") func brokenAlready() {
    let step = Step.unplug("one", .at(.zero), .named("falco"))
    #expect(HostBudget(.rehearsal([step]), in: .tdf, of: Catalogue.builtIn, broken: ["falco"]).left == 2)
    #expect(HostBudget(.rehearsal([step]), in: .tdf, of: Catalogue.builtIn, broken: ["excelsior"]).left == 1)
    let any = Step.unplug("one", .at(.zero), .any)
    #expect(HostBudget(.rehearsal([any]), in: .tdf, of: Catalogue.builtIn, broken: ["excelsior"]).left == 1)
    #expect(
      HostBudget(.rehearsal([any]), in: .tdf, of: Catalogue.builtIn, broken: ["excelsior"], others: 1).left
        == 0)
  }

  // MARK: The worst order

  private static let never = Step.Trigger.when(.exceeds(.hostsDown, 0))

  @Test("A step that waits for a condition may overlap with every other step") func when() {
    for other in [Step.Trigger.at(.zero), .at(.seconds(86_400)), Self.never] {
      #expect(
        taken([.unplug("one", other, .named("falco")), .unplug("two", Self.never, .named("excelsior"))]) == 2)
    }
  }

  @Test("A step after one that waits for a condition may overlap with every step except that one")
  func afterWhen() {
    #expect(
      taken([
        .unplug("one", .at(.seconds(3600)), .named("falco")),
        .unplug("two", Self.never, .named("falco")),
        .unplug("three", .after(step: "two", delay: .seconds(5)), .named("excelsior")),
      ]) == 2)
    #expect(
      taken([
        .unplug("two", Self.never, .named("falco")),
        .unplug("three", .after(step: "two", delay: .zero), .named("excelsior")),
        .unplug("four", .after(step: "three", delay: .zero), .named("dauntless")),
      ]) == 1)
  }

  @Test("A step after another may begin early, since the other may end early") func earlyEnd() {
    #expect(
      taken([
        .unplug("one", .at(.zero), .named("falco"), seconds: 600),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
        .unplug("three", .at(.seconds(30)), .named("dauntless")),
      ]) == 2)
  }

  @Test("A step after another may begin late, since the other's host may be cut off") func lateEnd() {
    func after(_ other: Int64) -> Int {
      taken([
        .unplug("one", .at(.zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
        .unplug("three", .at(.seconds(other)), .named("dauntless")),
      ])
    }
    #expect(after(100) == 2)
    // Two minutes after the end of the fault the run stops waiting for the host.
    #expect(after(600) == 1)
  }

  @Test("Steps after the same step keep their distance") func siblings() {
    func after(_ delay: Int64) -> Int {
      taken([
        .unplug("one", Self.never, .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
        .unplug("three", .after(step: "one", delay: .seconds(delay)), .named("dauntless")),
      ])
    }
    // A lease needs two seconds, so the second ends at 12 s.
    #expect(after(11) == 2)
    #expect(after(12) == 1)
  }

  @Test("Both links of one host after another step are one host") func bothLinksAfter() {
    #expect(
      taken([
        .unplug("one", .at(.zero), .named("excelsior")),
        .drop("two", .named("falco"), "internal", .after(step: "one", delay: .zero)),
        .drop("three", .named("falco"), "external", .after(step: "one", delay: .zero)),
      ]) == 1)
  }

  @Test("Only one step of a chain is active at a time") func chains() {
    #expect(
      taken([
        .unplug("one", Self.never, .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
        .unplug("three", Self.never, .named("falco")),
        .unplug("four", .after(step: "three", delay: .zero), .named("falco")),
      ]) == 2)
  }

  @Test("The computation ends for circular and for missing steps") func nonsense() {
    #expect(
      taken([
        .unplug("one", .after(step: "two", delay: .zero), .named("falco")),
        .unplug("two", .after(step: "one", delay: .zero), .named("excelsior")),
        .unplug("three", .after(step: "none", delay: .zero), .named("dauntless")),
        .unplug("four", .after(step: "four", delay: .zero), .named("dauntless")),
      ]) >= 1)
  }

  @Test("A long timeline is computed quickly") func long() {
    let steps = (0..<200).map { index in
      Step.unplug(
        "s\(index)", index.isMultiple(of: 2) ? Self.never : .after(step: "s\(index - 1)", delay: .zero),
        .named(["falco", "excelsior", "dauntless"][index % 3]))
    }
    #expect(taken(steps) == 3)
  }
}
