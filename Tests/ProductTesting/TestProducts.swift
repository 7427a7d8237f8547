import FoundationEssentials

/// Products of this package, built beside the test runner.
public enum TestProducts {
  /// The controller.
  public static let murphy = beside("murphy")
  /// The agent.
  public static let agent = beside("murphy-agent")
  /// The append service of the lab's guest.
  public static let append = beside("GuestAppend")
  /// The simulation.
  public static let simulate = beside("murphy-simulate")

  /// What kills and stops the others' processes.
  public static let torture = beside("murphy-torture")

  private static func beside(_ name: String) -> String {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = runner.lastIndex(of: "/").map { String(runner[...$0]) } ?? ""
    return folder + name
  }
}
