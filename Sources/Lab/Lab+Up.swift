import Linux
import FoundationEssentials
import Glibc

extension Lab {
  /// Brings the lab up, and returns once every part of it was asked and answered.
  ///
  /// A lab that is up and healthy stays as it is; what is left of one that isn't is removed first. If a part
  /// fails, the lab is left as it is, so that it can be looked at with ``exec(host:argv:)``.
  ///
  /// - Parameter progress: called for each part of each host, from any thread.
  /// - Throws: ``LabError/preflight(_:)`` before anything was changed; ``LabError/partsFailed(_:)``;
  ///   ``LabError/busy(lab:)``.
  public func up(progress: @escaping @Sendable (LabProgress) -> Void) async throws(LabError) {
    let reporter = Reporter(progress: progress)
    if record?.platform.isAlive == true, await status().isHealthy {
      reporter.report(.web, nil, .up)
      return
    }
    try await preflight()
    try makeFolder(stateRoot)
    try await locked { () throws(LabError) in
      try await remove()
      try makeFolder(state)
      chmod(state, 0o700)
      try await raiseLab(reporter)
    }
  }

  private func raiseLab(_ reporter: Reporter) async throws(LabError) {
    reporter.report(.image, nil, .starting)
    let image = try await Guest.image(cacheRoot: cacheRoot, append: append)
    try await Command.output(
      ["cp", "-R", "--reflink=auto", image, "\(state)/guest"], doing: "copying the image")
    reporter.report(.image, nil, .up)
    try await writeFolders()

    let birth = try await raise(
      ["setsid", "-f"] + Platform.unshare + ["tini", "-s", "--", "sh", "\(state)/platform.sh", name],
      log: platformLog, doing: "starting lab \(name)"
    ) { birth throws(LabError) in try save(newRecord(birth)) }
    var record = newRecord(birth)
    try writeFleet(record)
    for host in LabHost.allCases { try await start(host, record: &record, reporter: reporter) }

    let failures = await awaitParts(record, reporter)
    record.phase = failures.isEmpty ? .up : .broken
    // Someone may have taken the lab down meanwhile: then there is nothing to write it to.
    guard record.platform.isAlive else { throw .notRunning(lab: name) }
    try save(record)
    guard failures.isEmpty else { throw .partsFailed(failures) }
  }

  private func newRecord(_ birth: Birth) -> LabRecord {
    LabRecord(
      lab: name, phase: .starting, platform: birth.identity, networkNamespace: birth.networkNamespace,
      hosts: [:])
  }

  /// Storage, and every host's parts beside it; then what waits for storage: Pacemaker, and the guest.
  private func awaitParts(_ record: LabRecord, _ reporter: Reporter) async -> [String] {
    async let storage = makeVolume(record, reporter)
    let early = await awaitServices([.ssh, .libvirt, .corosync], record, reporter)
    var failures = await storage + early
    guard failures.isEmpty else { return failures }
    failures = await awaitServices([.gluster, .volume, .pacemaker], record, reporter)
    guard failures.isEmpty else { return failures }
    let log = own("/var/log/libvirt/qemu/web.log", of: .dauntless)
    let web = await self.await(
      part: .web, of: nil, record: record, patience: 60, log: log, reporter: reporter
    ) {
      await askWeb(record: record)
    }
    return web.map { [$0] } ?? []
  }

  /// Each host's given parts one after another, the hosts side by side.
  private func awaitServices(_ parts: Set<LabPart>, _ record: LabRecord, _ reporter: Reporter) async
    -> [String]
  {
    await withTaskGroup(of: [String].self) { group in
      for host in LabHost.allCases {
        group.addTask {
          var failures: [String] = []
          for service in host.services(lab: name) where parts.contains(service.part) {
            failures += await awaitService(service, of: host, record: record, reporter: reporter)
          }
          return failures
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
  }

  /// Makes the volume and the guest's disk on it; the failure, if any.
  private func makeVolume(_ record: LabRecord, _ reporter: Reporter) async -> [String] {
    guard let first = record.running(.dauntless) else { return ["dauntless: has no power"] }
    do {
      let command = try await Command.run(inHost(first, ["timeout", "60", "sh", "-c", LabHost.volumeScript]))
      if command.succeeded { return [] }
      let reason = "volume vms was not made: \(command.status): \(command.message)"
      reporter.report(.volume, .dauntless, .failed(reason: reason))
      return ["dauntless volume: \(reason)"]
    } catch {
      return [error.description]
    }
  }
}
