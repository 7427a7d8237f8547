import Linux
import FoundationEssentials

extension Lab {
  /// Takes the lab down, in whatever state it is, and deletes its state folder.
  ///
  /// The process tree goes first and at once, also from under an ``up(progress:)`` at work in another process,
  /// which then fails.
  ///
  /// - Returns: what was removed, a line each; empty if there was no such lab.
  package func down() async throws(LabError) -> [String] {
    guard FileManager.default.fileExists(atPath: stateRoot) else { return [] }
    var removed = try await endTree()
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do {
        removed += try await locked { () throws(LabError) in try await remove() }
        return removed
      } catch LabError.busy where ContinuousClock.now < deadline {
        // An `up` that has just lost its lab is about to release the lock.
        removed += try await endTree()
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  /// Ends the process tree if it is alive, and deletes the state folder; the lock is held.
  @discardableResult
  func remove() async throws(LabError) -> [String] {
    var removed = try await endTree()
    if FileManager.default.fileExists(atPath: state) {
      // Never beyond the folder's own file system, whatever may be mounted in it.
      try await Command.output(
        ["rm", "-rf", "--one-file-system", "--", state], doing: "deleting the state folder \(state)")
      removed.append("state folder \(state)")
    }
    return removed
  }

  private func endTree() async throws(LabError) -> [String] {
    guard let record, record.platform.kill() else { return [] }
    try await waitForEnd(of: record.platform)
    return ["process tree \(record.platform.pid) with its namespaces, links and mounts"]
  }
}
