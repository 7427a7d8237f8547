import Glibc
import Journal
import Lab
import Linux
import Runner
import Testing

extension DrillSerialTests {
  private static let ping = "network.ping-timeout"

  /// Two values of a real volume's option take turns for a block; each trial has its value in the fingerprint.
  func twoSettingsTakeTurns(_ lab: DrillLab) throws {
    let scenario = try lab.scenario(fault: "vm.freeze", target: "{vm: web}", lasting: "2s")
    func setup(_ seconds: Int) -> String {
      "ssh -F \(lab.lab.sshConfigFile) dauntless gluster --mode=script volume set vms \(Self.ping) \(seconds)"
    }
    let run = try lab.murphy(
      "run", scenario, "--out", lab.runs, "--ab", "42", "10", "--factor", "ping-timeout", "--blocks", "1",
      "--a-setup", setup(42), "--b-setup", setup(10))
    #expect(run.code == 0, "\(run.errors)")
    let folder = run.folder
    let entries = try RunFiles(path: folder).entries()
    let applied = entries.compactMap { entry -> (Int, String)? in
      if case .settingApplied(let applied) = entry.event { (entry.trial, applied.side.rawValue) } else { nil }
    }
    let order = applied.filter { $0.0 > 0 }
    #expect(order.map(\.0) == [1, 2, 3, 4])
    #expect(["abba", "baab"].contains(order.map(\.1).joined()))
    for (trial, side) in order {
      let values = entries.compactMap { entry -> String? in
        guard entry.trial == trial, case .hostSurveyed(let survey) = entry.event else { return nil }
        return survey.fingerprint["gluster.vms.\(Self.ping)"]
      }
      #expect(values.count == 3 && Set(values) == [side == "a" ? "42" : "10"], "trial \(trial): \(values)")
    }
    // BAAB ends with B, so A is applied again.
    #expect(applied.last?.1 == "a")
    let option = try lab.on("dauntless", "gluster --mode=script volume get vms \(Self.ping)").output
    #expect(option.contains("42"), "\(option)")
    let compared = try lab.murphy("compare", folder)
    #expect(compared.code == 3, "\(compared.output)\(compared.errors)")
    #expect(compared.output.contains("– ping-timeout 10 in "), "\(compared.output)")

    let failed = try lab.murphy(
      "run", scenario, "--out", lab.runs, "--ab", "42", "10", "--factor", "ping-timeout", "--blocks", "1",
      "--a-setup", setup(42), "--b-setup", "echo no such platform; exit 7")
    #expect(failed.code == 4, "\(failed.errors)")
    #expect(failed.errors.contains("the setup of ping-timeout 10 failed: exit code 7: no such platform"))
    let last = try RunFiles(path: failed.folder).entries()
      .last { if case .settingApplied = $0.event { true } else { false } }
    #expect(last?.trial == 0, "A is applied again")
  }

  /// A controller that is killed in the second of three trials, and a second one that makes the third.
  func aKilledRunIsResumed(_ lab: DrillLab) throws {
    let scenario = try lab.scenario(fault: "vm.freeze", target: "{vm: web}", lasting: "3s")
    let runs = "\(lab.folder)/resumed"
    let controller = try lab.start("run", scenario, "--out", runs, "--trials", "3")
    func folder() throws -> String { try DurableFile.list(runs).first.map { "\(runs)/\($0)" } ?? "" }
    try lab.wait("the fault of trial 2") {
      guard access(runs, R_OK) == 0, access("\(try folder())/events.jsonl", R_OK) == 0 else { return false }
      return try RunFiles(path: try folder()).entries().contains {
        if case .leaseEffective = $0.event { $0.trial == 2 } else { false }
      }
    }
    let held = try lab.murphy("run", "--resume", try folder(), and: [])
    #expect(try held.code == 3 && held.errors.contains(folder()), "\(held.errors)")
    controller.kill()
    let resumed = try lab.murphy("run", "--resume", try folder(), and: [])
    #expect(resumed.code == 1, "a trial is void: \(resumed.errors)")
    let journal = try RunFiles(path: try folder()).journal()
    let void = journal.entries.filter { if case .trialVoid = $0.event { true } else { false } }
    #expect(void.map(\.trial) == [2])
    #expect(journal.entries.map(\.at) == journal.entries.map(\.at).sorted())
    let effects = journal.entries.filter { if case .leaseEffective = $0.event { true } else { false } }
    #expect(effects.map(\.trial) == [1, 2, 3])
    #expect(journal.samples.contains { $0.trial == 3 })
    #expect(try lab.states().contains("paused") == false)
    let again = try lab.murphy("run", "--resume", try folder(), and: [])
    #expect(again.code == 2 && again.errors.contains("\(RunContinuation.Refused.ended)"), "\(again.errors)")
  }
}
