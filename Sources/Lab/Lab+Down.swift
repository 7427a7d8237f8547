import Linux
import FoundationEssentials

extension Lab {
  /// Ends the lab in any state, and deletes its state folder.
  ///
  /// The process tree is killed first, even while an ``up(progress:)`` of another process is running, which then fails.
  ///
  /// - Returns: what was removed, one line each; empty if there was no such lab.
  package func down() async throws(LabError) -> [String] {
    guard FileManager.default.fileExists(atPath: stateRoot) else { return [] }
    var removed = try await endTree()
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do {
        removed += try await locked { () throws(LabError) in try await remove() }
        return removed
      } catch LabError.busy where ContinuousClock.now < deadline {
        // An `up` whose lab was just killed will release the lock soon.
        removed += try await endTree()
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  /// Kills the process tree if it is alive, and deletes the state folder. The caller holds the lock.
  @discardableResult
  func remove() async throws(LabError) -> [String] {
    var removed = try await endTree()
    if FileManager.default.fileExists(atPath: state) {
      removed += try await detachDisks()
      // The deletion stays on the folder's own file system, even if another one is mounted in the folder.
      try await Command.output(
        ["rm", "-rf", "--one-file-system", "--", state], doing: "deleting the state folder \(state)")
      removed.append("state folder \(state)")
    }
    return removed
  }

  private func endTree() async throws(LabError) -> [String] {
    guard let record, record.platform.kill() else { return [] }
    do {
      try await waitForEnd(of: record.platform, seconds: 2)
    } catch {
      // A process may wait for a frozen disk.
      try await thawDisks()
      try await waitForEnd(of: record.platform)
    }
    return ["process tree \(record.platform.pid) with its namespaces, links and mounts"]
  }
}
