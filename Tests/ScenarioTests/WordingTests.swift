import Scenario
import Testing

/// The text of values in files and plans.
@Suite struct WordingTests {
  @Test("A condition's description is how a file writes it")
  func conditionsReadAsFilesWriteThem() {
    #expect(Condition.exceeds(.hostsDown, 1).description == "hosts-down > 1")
    #expect(Condition.down(probe: "website", longerThan: .seconds(60)).description == "website down > 1m")
    #expect(
      Condition.sees(view: "manager", object: "host", state: .down).description == "manager sees host down")
  }

  @Test("A trigger's description is how a plan shows it")
  func triggersReadAsPlansTellThem() {
    #expect(Step.Trigger.at(.seconds(5)).description == "at 5s")
    #expect(Step.Trigger.after(step: "cut", delay: .zero).description == "after cut")
    #expect(Step.Trigger.after(step: "cut", delay: .seconds(5)).description == "5s after cut")
    #expect(Step.Trigger.when(.exceeds(.splitBrain, 0)).description == "when split-brain > 0")
  }

  @Test("An objective's key has its subject and its metric")
  func objectivesHaveTheirKey() {
    #expect(Objective(subject: nil, metric: .residue, relation: .max, limit: 0).key == "residue")
    #expect(Objective(subject: "writes", metric: .lost, relation: .max, limit: 0).key == "writes.lost")
  }

  @Test("A fleet returns its hosts, machines, probes and views by name")
  func aFleetFindsItsPartsByName() {
    let fleet = Fleet(
      name: "tdf", hosts: [.init(name: "falco", ssh: "root@falco", links: [:])],
      vms: [.init(name: "web", domain: "web-1")],
      probes: [.init(name: "website", kind: .http, target: "http://10.77.2.101/")],
      views: [.init(name: "manager", kind: .init("pacemaker"))])
    #expect(fleet.host("falco")?.ssh == "root@falco")
    #expect(fleet.vm("web")?.domain == "web-1")
    #expect(fleet.probe("website")?.kind == .http)
    #expect(fleet.view("manager")?.kind == ViewSpec("pacemaker"))
    #expect(fleet.host("web") == nil)
    #expect(fleet.vm("falco") == nil)
    #expect(fleet.probe("manager") == nil)
    #expect(fleet.view("website") == nil)
  }
}
