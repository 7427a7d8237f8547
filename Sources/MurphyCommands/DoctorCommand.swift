import ArgumentParser
import FoundationEssentials

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Reports what this machine can and can't do, as a controller, as a host and as the machine of a lab.",
    discussion: """
      Every fault of links and firewalls is injected for real and reverted, on a link in a network namespace that \
      doctor makes for it. Nothing of the machine's own is touched.

      Exit codes: 0 all that was asked for is there; 1 something is missing; 5 a fault may still be active here, and the \
      output names the command that clears it. All three uses are asked for unless --as names some. On a host, a fault \
      that its policy doesn't allow may be impossible: that isn't missing.
      """)

  @Option(
    name: .customLong("as"), help: "What the machine is for; may be given several times. Default: all three.")
  var uses: [Diagnosis.Use] = []
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let asked = uses.isEmpty ? Diagnosis.Use.allCases : Diagnosis.Use.allCases.filter { uses.contains($0) }
    var diagnosis = Diagnosis()
    for use in asked { diagnosis.sections.append(.init(use: use, findings: try use.examine())) }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(diagnosis), as: UTF8.self))
    } else {
      print(diagnosis.description)
    }
    if diagnosis.code != .allMet { throw Stop(diagnosis.code) }
  }
}

extension Diagnosis.Use: ExpressibleByArgument {}
