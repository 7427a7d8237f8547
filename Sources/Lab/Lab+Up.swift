import Linux
import FoundationEssentials
import Glibc

extension Lab {
  /// Starts the lab, and returns once every part has answered a query.
  ///
  /// A healthy running lab is unchanged. The remains of a broken one are removed first. If a part fails, the lab is
  /// kept as it is, for inspection with ``exec(host:argv:)``.
  ///
  /// - Parameter progress: called for each part of each host, from any thread.
  /// - Throws: ``LabError/preflight(_:)`` before anything was changed; ``LabError/partsFailed(_:)``;
  ///   ``LabError/otherSpec(lab:spec:)``; ``LabError/busy(lab:)``.
  package func up(progress: @escaping @Sendable (LabProgress) -> Void) async throws(LabError) {
    let reporter = Reporter(progress: progress)
    if let record, record.platform.isAlive {
      guard record.has(spec) else { throw .otherSpec(lab: name, spec: record.specName) }
      if await status().isHealthy {
        for component in spec.components {
          if let service = component.sharedService(in: self) { reporter.report(service.part, nil, .up) }
        }
        return
      }
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
    try await writeFolders()
    for component in spec.components { try await component.prepare(self, reporter) }

    let birth = try await raise(
      ["setsid", "-f"] + Platform.unshare + ["tini", "-s", "--", "sh", "\(state)/platform.sh", name],
      log: platformLog, doing: "starting lab \(name)"
    ) { birth throws(LabError) in try save(newRecord(birth)) }
    var record = newRecord(birth)
    try write(LabFleet.text(of: self, record: record), to: fleetFile)
    for host in spec.hosts { try await startBesides(host, record) }
    for host in spec.hosts { try await start(host, record, reporter) }

    let failures = await awaitParts(record, reporter)
    record.phase = failures.isEmpty ? .up : .broken
    // If the lab was taken down meanwhile, its folder no longer exists.
    guard record.platform.isAlive else { throw .notRunning(lab: name) }
    try save(record)
    guard failures.isEmpty else { throw .partsFailed(failures) }
  }

  private func newRecord(_ birth: Birth) -> LabRecord {
    LabRecord(
      lab: name, spec: spec.name, options: spec.options, phase: .starting, platform: birth.identity,
      networkNamespace: birth.networkNamespace)
  }

  /// Sets up components while waiting for the parts that need no set-up; then waits for the rest, and for shared
  /// services.
  private func awaitParts(_ record: LabRecord, _ reporter: Reporter) async -> [String] {
    let late = partsAfterSetup
    async let setups = setUp(record, reporter)
    let early = await awaitServices(record, reporter) { !late.contains($0) }
    var failures = await setups + early
    guard failures.isEmpty else { return failures }
    failures = await awaitServices(record, reporter) { late.contains($0) }
    for component in spec.components {
      guard failures.isEmpty, let service = component.sharedService(in: self) else { continue }
      let log = spec.hosts.first.map { own(service.log, of: $0) } ?? ""
      let failure = await self.await(
        part: service.part, of: nil, record: record, patience: service.patience, log: log, reporter: reporter
      ) {
        await ask(shared: service, record: record)
      }
      if let failure { failures.append(failure) }
    }
    return failures
  }

  /// The parts of components with a set-up, and the parts that depend on those.
  private var partsAfterSetup: Set<LabPart> {
    var late: Set<LabPart> = []
    for component in spec.components {
      let isSetUp = component.setup(in: self) != nil
      for service in spec.hosts.flatMap({ component.services(on: $0, in: self) })
      where isSetUp || !late.isDisjoint(with: service.after) { late.insert(service.part) }
    }
    return late
  }

  /// Each host's given parts in sequence, the hosts in parallel.
  private func awaitServices(
    _ record: LabRecord, _ reporter: Reporter, where isMeant: @escaping @Sendable (LabPart) -> Bool
  ) async -> [String] {
    await withTaskGroup(of: [String].self) { group in
      for host in spec.hosts {
        group.addTask {
          var failures: [String] = []
          for service in host.services(in: self) where isMeant(service.part) {
            failures += await awaitService(service, of: host, record: record, reporter: reporter)
          }
          return failures
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
  }

  /// Sets up the components that need it, in sequence; returns the failures.
  private func setUp(_ record: LabRecord, _ reporter: Reporter) async -> [String] {
    for setup in spec.components.compactMap({ $0.setup(in: self) }) {
      guard let reason = await failure(of: setup, record) else { continue }
      reporter.report(setup.part, setup.host, .failed(reason: reason))
      return ["\(setup.host.name) \(setup.part.rawValue): \(reason)"]
    }
    return []
  }

  private func failure(of setup: LabSetup, _ record: LabRecord) async -> String? {
    guard let identity = running(setup.host) else { return "the host has no power" }
    do {
      let command = try await Command.run(
        inHost(identity, ["timeout", "\(setup.patience)", "sh", "-c", setup.script]))
      return command.end.isSuccess ? nil : "set-up failed: \(command.end): \(command.message)"
    } catch {
      return error.description
    }
  }
}
