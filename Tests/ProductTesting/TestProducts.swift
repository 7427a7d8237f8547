import FoundationEssentials

/// Products of this package, built beside the test runner.
package enum TestProducts {
  /// The controller.
  package static let murphy = beside("murphy")
  /// The agent.
  package static let agent = beside("murphy-agent")
  /// The append service of the lab's guest.
  package static let append = beside("GuestAppend")
  /// The simulation.
  package static let simulate = beside("murphy-simulate")

  /// The measurements.
  package static let bench = beside("murphy-bench")

  /// What kills and stops the others' processes.
  package static let torture = beside("murphy-torture")

  private static func beside(_ name: String) -> String {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = runner.lastIndex(of: "/").map { String(runner[...$0]) } ?? ""
    return folder + name
  }
}
