import ArgumentParser
import Conductor
import Glibc
import Linux
import Scenario

/// `murphy-torture lab`: strikes the whole product on the lab's three hosts.
struct LabTorture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract:
      "Kills a real run on the lab: controller, agents, watchdogs and ssh, at moments that are determined afterwards.",
    discussion: """
      Prints a JSON line for each kill. Exit code 1 if there was residue. It needs root, and doesn't change \
      the machine itself. 'plain' hits moments exactly, to a system call; here they are approximated and recorded.
      """)

  @Option(help: "The number of kills.") var cases = 120
  @Option(help: "The seed of the choice of cases and moments.") var seed: UInt64 = 1
  @Option(help: "The lab's name; a running one is used, and is not taken down.") var name = "torture"
  @Option(
    name: .customLong("case"), help: "Tries this case: FAULT/WHO/HOW/MOMENT, as a failing case prints it.")
  var only: [String] = []

  @Flag(help: "Skips the special cases: power, libvirtd, removed links and tables, clocks.")
  var noSpecials = false
  @Option(name: .customLong("special"), help: "Tries the special cases whose names contain this.")
  var special: String?

  func validate() throws {
    if cases < 0 { throw ValidationError("--cases: give 0 or more") }
    for name in only where LabCase(named: name) == nil {
      throw ValidationError("--case: no case is '\(name)'")
    }
    let specials = (LabSpecials.all + LabSpecials.ofPower).map(\.name)
    if let special, !specials.contains(where: { $0.contains(special) }) {
      throw ValidationError("--special: no name contains '\(special)': \(specials.joined(separator: "; "))")
    }
  }

  func run() throws {
    let wasUp = access("/var/lib/murphy/labs/\(name)/lab.json", F_OK) == 0
    let lab = try TortureLab(name: name)
    var residue = 0
    do {
      if special == nil { residue = try torture(lab) }
      if only.isEmpty, !noSpecials { residue += try trySpecials(lab) }
    } catch {
      if !wasUp { try? lab.down() }
      throw error
    }
    if !wasUp { try lab.down() }
    if residue > 0 { throw ExitCode(1) }
  }

  /// Tries the cases; returns how many left residue.
  private func torture(_ lab: TortureLab) throws -> Int {
    var random = SeededGenerator(seed: seed)
    let chosen = only.isEmpty ? LabCase.choose(cases, using: &random) : only.compactMap(LabCase.init(named:))
    let groups = LabCase.grouped(chosen, by: lab.hosts.count)
    var residue = 0
    var tried = 0
    for (index, group) in groups.enumerated() {
      let seed = random.next()
      let results = try LabGroup(lab: lab, cases: group, seed: seed).perform(named: "\(index)")
      for (one, result) in zip(group, results) {
        let again = "murphy-torture lab --seed \(self.seed) --case '\(one.name)'"
        try printNow(try result.outcome(again: again).line)
        tried += 1
        if result.residue.isEmpty { continue }
        residue += 1
        report("RESIDUE of \(one.name) on \(result.host):")
        for line in result.residue { report("  \(line)") }
        report("  again: \(again)")
      }
      report("\(tried) of \(chosen.count) tried, \(residue) left residue")
    }
    return residue
  }

  /// Tries the special cases; returns how many left residue.
  private func trySpecials(_ lab: TortureLab) throws -> Int {
    var residue = 0
    for one in LabSpecials.all + LabSpecials.ofPower where special.map(one.name.contains) ?? true {
      report(one.name)
      let result = try one.perform(LabSpecials(lab: lab))
      let again = "murphy-torture lab --special '\(one.name)'"
      try printNow(try result.outcome(again: again).line)
      if result.residue.isEmpty { continue }
      residue += 1
      report("RESIDUE of \(one.name):")
      for line in result.residue { report("  \(line)") }
      report("  again: \(again)")
    }
    return residue
  }

  private func report(_ text: String) { printToStandardError(text) }
}
