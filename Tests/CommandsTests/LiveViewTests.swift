import Journal
import Scenario
import Testing

@testable import MurphyCommands

/// The live view of a run.
@Suite struct LiveViewTests {
  private let fleet = Fleet(
    name: "tdf", hosts: [.init(name: "falco", ssh: "root@falco", links: ["external": "eth0"])], quorum: 1)
  private let scenario = Scenario(
    name: "two", steady: .init(duration: .seconds(10), probes: []),
    timeline: [
      Step(
        name: "cut", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("falco")),
        duration: .seconds(20)),
      Step(
        name: "again", trigger: .when(.sees(view: "manager", object: "falco", state: .up)),
        fault: "host.unplug", target: .host(.named("falco")), duration: .seconds(20)),
    ])

  @Test(
    "The live view shows a domain's state once, even if libvirt repeats it",
    arguments: [
      ("running (booted)", "web on falco: running (booted)"),
      ("started/booted", "web on falco: running (started/booted)"),
    ])
  func domainState(_ what: String, _ words: String) {
    let seen = DomainSeen(
      host: "falco", domain: "web", state: .running, what: what, at: .zero, uncertainty: .zero)
    #expect(
      LiveView.line(for: Entry(at: .zero, trial: 1, event: .domainSeen(seen)))?.hasSuffix("  " + words)
        == true)
  }

  @Test("The live view shows a host's survey, and none of the controller")
  func survey() {
    func line(_ host: String) -> String? {
      LiveView.line(
        for: Entry(
          at: .zero, trial: 0,
          event: .hostSurveyed(
            HostSurvey(
              host: host, fingerprint: [:], running: ["web"], clockOffset: .zero,
              clockUncertainty: .milliseconds(1)))))
    }
    #expect(
      line("falco")?.hasSuffix("falco answers; its clock's uncertainty is 1000 µs; running domains: web")
        == true)
    #expect(line(Site.controller.name) == nil)
  }

  @Test("A command that again reports no problem is not repeated, and each problem is")
  func commandsTimes() {
    var fleet = fleet
    fleet.views = [
      .init(name: "http", kind: ViewSpec("command", ["command": .array([.string("check_http")])])),
      .init(name: "up", kind: ViewSpec("prometheus")),
    ]
    var view = LiveView(scenario: scenario, fleet: fleet)
    func isRepeated(_ name: String, _ words: String, _ problems: String...) -> Bool {
      let verdict = Verdict(words: words, complaints: problems.map { .init(name: $0) })
      view.take(Entry(at: .seconds(1), trial: 1, event: .viewSeen(view: name, .verdict(verdict))))
      return view.isRepeated
    }
    #expect(!isRepeated("http", "HTTP OK: 0.020 second"))
    #expect(isRepeated("http", "HTTP OK: 0.031 second"))
    #expect(!isRepeated("http", "critical: timeout after 3 s", "timeout after 3 s"))
    #expect(!isRepeated("http", "critical: no route to host", "no route to host"))
    #expect(!isRepeated("http", "HTTP OK: 0.020 second"))
    // The text of another view is its report.
    #expect(!isRepeated("up", "up 1"))
    #expect(!isRepeated("up", "up 0"))
  }

  @Test("The live view names the host whose belief it shows, and the hosts that contradict it")
  func hostsThatDisagree() {
    var scenario = scenario
    scenario.steady.views = ["manager"]
    var view = LiveView(scenario: scenario, fleet: fleet)
    func take(_ belief: Belief, _ host: String, isAside: Bool) -> [String] {
      let entry = Entry(
        at: .seconds(1), trial: 1, event: .viewSeen(view: "manager", belief, from: host, isAside: isAside))
      view.take(entry)
      return view.remarks(on: entry) + [LiveView.line(for: entry)].compactMap { $0 }
    }
    let well = Belief.manager(ManagerState(quorate: true, nodes: ["falco": "online"]))
    #expect(take(well, "dauntless", isAside: false) == ["    1.0  manager by dauntless: falco online"])
    #expect(take(well, "falco", isAside: true) == [])
    #expect(view.lines(columns: 200).contains("manager  falco online (by dauntless)"))
    let isolated = Belief.manager(ManagerState(quorate: false, nodes: ["dauntless": "offline"]))
    #expect(
      take(isolated, "falco", isAside: true) == [
        "    1.0  manager: hosts disagree: dauntless: none of these | falco: dauntless offline, no quorum"
      ])
    let lines = view.lines(columns: 200)
    #expect(lines.contains("           = dauntless: none of these"))
    #expect(lines.contains("           ≠ falco: dauntless offline, no quorum"))
    #expect(take(well, "falco", isAside: true) == ["    1.0  manager: hosts agree again"])
    #expect(!view.lines(columns: 200).contains { $0.contains("≠") })
  }

  @Test("On 40 columns the live view has the present phase, and the probe's state in full")
  func narrow() {
    var scenario = scenario
    scenario.trials = 3
    scenario.steady.probes = ["website-of-branch"]
    var view = LiveView(scenario: scenario, fleet: fleet)
    view.take(Entry(at: .zero, trial: 1, event: .phaseBegan(.recovery)))
    view.take(
      Sample(
        trial: 1, probe: "website-of-branch", sequence: 1, scheduled: .seconds(9), sent: .seconds(9),
        completed: .seconds(10), verdict: .fail, status: "unreachable"))
    let lines = view.lines(columns: 40)
    #expect(lines.allSatisfy { $0.count < 40 })
    #expect(lines[1] == "trial 1/3  ▶ recovery 10 s")
    #expect(lines[2].hasPrefix("website-of-branch  ") && lines[2].hasSuffix(" fail unreachable"))
    #expect(view.lines(columns: 80)[1] == "trial 1/3  steady  faults  ▶ recovery 10 s  audit")
  }

  @Test("The live view names a skipped step when the faults phase ends")
  func aStepThatDidNotHappenIsNamed() {
    var view = LiveView(scenario: scenario, fleet: fleet)
    var remarks: [String] = []
    func take(_ second: Int64, _ event: Event) {
      let entry = Entry(at: .seconds(second), trial: 1, event: event)
      view.take(entry)
      remarks += view.remarks(on: entry)
    }
    take(1, .phaseBegan(.steady))
    take(11, .phaseBegan(.faults))
    take(11, .stepChosen(StepChosen(step: "cut", hosts: ["falco"], vms: [], how: "named")))
    take(
      13,
      .leaseRequested(
        LeaseRequested(
          lease: "l1", step: "cut", host: "falco", fault: "host.unplug", object: "eth0",
          duration: .seconds(20), cutsControlPath: true)))
    #expect(remarks == [] && !view.lines(columns: 200).contains { $0.hasPrefix("✕") })
    take(33, .phaseBegan(.recovery))
    take(43, .phaseBegan(.audit))
    let words = "✕ step again did not happen: its condition was never met: manager sees falco up"
    #expect(remarks == ["   33.0  \(words)"])
    #expect(view.lines(columns: 200).contains(words))
    // The next trial doesn't show the lines of this trial.
    take(50, .phaseBegan(.steady))
    #expect(!view.lines(columns: 200).contains(words))
  }
}
