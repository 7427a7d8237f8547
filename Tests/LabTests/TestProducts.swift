import FoundationEssentials

/// Products of this package, built beside the test runner.
enum TestProducts {
  static let append = beside("GuestAppend")

  private static func beside(_ name: String) -> String {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = runner.lastIndex(of: "/").map { String(runner[...$0]) } ?? ""
    return folder + name
  }
}
